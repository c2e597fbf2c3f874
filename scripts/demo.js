/** Runs the example designs on Verilator and, where they are installed, on Icarus and GHDL. */
import { spawnSync } from 'node:child_process';

const cli = 'dist/src/cli/main.js';
const verilog = ['hdl/*/*.spec.ts', '--ignore', 'hdl/gray_vhdl/*'];
const demos = [
  { simulator: 'verilator', tool: undefined, specs: verilog },
  { simulator: 'icarus', tool: 'iverilog', specs: verilog },
  { simulator: 'ghdl', tool: 'ghdl', specs: ['hdl/gray_vhdl/*.spec.ts'] },
];

for (const { simulator, tool, specs } of demos) {
  if (tool !== undefined && !isInstalled(tool)) {
    console.log(`\n== Not on ${simulator}, which is not installed (Debian and Ubuntu: apt-get install ${tool})`);
    continue;
  }
  console.log(`\n== The examples in hdl/ on ${simulator}`);
  const run = spawnSync(process.execPath, [cli, '--config', 'hdl/.mocharc.json', ...specs], {
    stdio: 'inherit',
    env: { ...process.env, SIM: simulator },
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

function isInstalled(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
}
