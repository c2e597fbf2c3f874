/** Runs the example designs on Verilator and, where it is installed, on Icarus. */
import { spawnSync } from 'node:child_process';

const cli = 'dist/src/cli/main.js';
const hasIcarus = spawnSync('iverilog', ['-V'], { stdio: 'ignore' }).status === 0;
const args = process.argv.slice(2);

for (const simulator of hasIcarus ? ['verilator', 'icarus'] : ['verilator']) {
  console.log(`\n== The examples in hdl/ on ${simulator}`);
  const run = spawnSync(process.execPath, [cli, '--config', 'hdl/.mocharc.json', ...args], {
    stdio: 'inherit',
    env: { ...process.env, SIM: simulator },
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
if (!hasIcarus)
  console.log(
    '\nIcarus is not installed: the examples ran on Verilator alone. Debian and Ubuntu: apt-get install iverilog',
  );
