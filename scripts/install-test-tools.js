/** Makes sure that the tools are there which the tests run besides the managed environment's: with apt-get where we may, else by saying how. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const tools = { iverilog: 'iverilog', vvp: 'iverilog', ghdl: 'ghdl', strace: 'strace', perl: 'perl' };

const packages = [...new Set(Object.entries(tools).flatMap(([tool, name]) => (isOnPath(tool) ? [] : [name])))];
if (packages.length > 0) {
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    console.error(`The tests need ${packages.join(', ')}. Install with: sudo apt-get install ${packages.join(' ')}`);
    process.exit(1);
  }
  console.log(`Installing what the tests run: ${packages.join(', ')}`);
  run('apt-get', ['update', '-qq']);
  run('apt-get', install);
}

function isOnPath(tool) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')} failed with ${status}`);
    process.exit(1);
  }
}
