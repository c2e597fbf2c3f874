#!/usr/bin/env node
/** The mocha-cocotb command: hands its arguments to a subcommand, or to mocha. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { MochaCocotbError } from '../errors.ts';
import { packageFile } from '../package-folder.ts';
import { runMocha } from './mocha.ts';
import type { subcommands } from './subcommands.ts';

type Subcommand = keyof typeof subcommands;

/** Known before they are loaded, which a start of mocha doesn't pay for. */
const isSubcommand: Readonly<Record<Subcommand, true>> = {
  setup: true,
  doctor: true,
  init: true,
  clean: true,
  explain: true,
  exec: true,
  locks: true,
};

/** Exit code of a wrong command line, as the shell's own commands have it. */
const usageError = 2;

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  const [first = ''] = argv;
  try {
    if (first in isSubcommand) await runSubcommand(argv, [first as Subcommand]);
    else if (['help', '--help', '-h', '--version'].includes(first)) {
      await runSubcommand(argv, Object.keys(isSubcommand) as Subcommand[]);
    } else await runMocha(argv);
  } catch (error) {
    if (!(error instanceof MochaCocotbError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function runSubcommand(argv: readonly string[], names: readonly Subcommand[]): Promise<void> {
  const commander = await import('commander');
  const { subcommands } = await import('./subcommands.ts');
  const program = new commander.Command('mocha-cocotb')
    .description('Runs cocotb tests as mocha tests: without a command, mocha itself with the fixtures registered.')
    .usage('[options of mocha] [spec]\n       mocha-cocotb <command> [options]')
    .version(readVersion(), '--version')
    .addHelpText('after', '\nEverything else goes to mocha: see mocha --help.')
    .exitOverride();
  for (const name of names) subcommands[name](program);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    // Help and version arrive here, too, with exit code 0.
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
  return version;
}
