#!/usr/bin/env node
/** The mocha-cocotb command: hands its arguments to a subcommand, or to mocha. */
import process from 'node:process';
import type { Command } from 'commander';
import { MochaCocotbError } from '../errors.ts';

/** Each subcommand's file exports `register(program)`; only the one that is asked for is loaded. */
const subcommands: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  setup: () => import('./setup.ts'),
  doctor: () => import('./doctor.ts'),
  init: () => import('./init.ts'),
  clean: () => import('./clean.ts'),
  explain: () => import('./explain.ts'),
  exec: () => import('./exec.ts'),
  locks: () => import('./locks.ts'),
};

/** Exit code of a wrong command line, as the shell's own commands have it. */
const usageError = 2;

await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  const [first = ''] = argv;
  try {
    if (first in subcommands) await runSubcommand(argv, [first]);
    else if (['help', '--help', '-h', '--version'].includes(first)) await runSubcommand(argv, Object.keys(subcommands));
    else await (await import('./mocha.ts')).runMocha(argv);
  } catch (error) {
    if (!(error instanceof MochaCocotbError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function runSubcommand(argv: readonly string[], names: readonly string[]): Promise<void> {
  const commander = await import('commander');
  const program = new commander.Command('mocha-cocotb')
    .description('Runs cocotb tests as mocha tests: without a command, mocha itself with the fixtures registered.')
    .usage('[options of mocha] [spec]\n       mocha-cocotb <command> [options]')
    .version(await readVersion(), '--version')
    .addHelpText('after', '\nEverything else goes to mocha: see mocha --help.')
    .exitOverride();
  for (const name of names) (await subcommands[name]?.())?.register(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    // Help and version arrive here, too, with exit code 0.
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  }
}

async function readVersion(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const { packageFile } = await import('../package-folder.ts');
  const { version } = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as { version: string };
  return version;
}
