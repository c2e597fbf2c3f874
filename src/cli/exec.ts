/** `mocha-cocotb exec`: runs a Python action while pip keeps its hands off the environment, and pip while nobody imports from it. */
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { SharedNFSLock } from '../locks/shared-nfs-lock.ts';
import { readVariables } from '../options/variables.ts';
import { toEnvironment } from '../process/command.ts';
import { runInherited, type InheritOptions } from '../process/inherit.ts';
import { runInterruptibly } from '../process/interruptibly.ts';
import { runsPip } from './pip-command.ts';

interface ExecFlags {
  readonly lockfile: string;
  readonly timeout: string;
}

const pipHelp = `
Pip is pip, pip3.11, python -m pip, python -m ensurepip and uv pip, also behind env. Behind other commands (sudo, nice,
timeout, sh -c) it is not recognized: put those in front of mocha-cocotb, as in "sudo mocha-cocotb exec ... -- pip ...".`;

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    // So that options of the command that is run stay its own.
    .enablePositionalOptions()
    .command('exec')
    .description('run a Python action under a lock: exclusive if it is pip, shared with others if not')
    .requiredOption('--lockfile <path>', 'the lock, in a folder that all who use the environment see')
    .option('--timeout <minutes>', 'give up waiting after so many minutes', '30')
    .argument('<command...>', 'the command and its arguments, after --')
    .passThroughOptions()
    .addHelpText('after', pipHelp)
    .action(execute);
}

async function execute(argv: readonly string[], flags: ExecFlags, command: Command): Promise<void> {
  const minutes = Number(flags.timeout);
  if (flags.timeout.trim() === '' || !(minutes >= 0))
    command.error(`error: option --timeout takes minutes >= 0, not ${flags.timeout}`);
  const [file, ...args] = argv;
  if (file === undefined) command.error('error: the command to run is missing');
  const env = toEnvironment(readVariables());
  const run = (options?: InheritOptions) => runInherited({ argv: [file, ...args], cwd: process.cwd(), env }, options);
  const ending = await underLock(path.resolve(flags.lockfile), runsPip([file, ...args]), minutes * 60_000, run);
  if (ending.signal === undefined) process.exitCode = ending.exitCode ?? 1;
  // Whoever started us is to see what the command itself would have shown.
  else process.kill(process.pid, ending.signal);
}

/** A signal ends the wait for the lock; once the command runs it is the command that the signal is for. */
async function underLock<T>(
  lockPath: string,
  isExclusive: boolean,
  timeout: number,
  run: () => Promise<T>,
): Promise<T> {
  const lock = await runInterruptibly(async (signal) => {
    const waited = new SharedNFSLock(lockPath, { timeout, staleTimeout: OWN_STALE_TIMEOUT, signal });
    await (isExclusive ? waited.acquireExclusive() : waited.acquireShared());
    return waited;
  });
  let result: T;
  try {
    result = await run();
  } finally {
    try {
      await (isExclusive ? lock.releaseExclusive() : lock.releaseShared());
    } catch (error) {
      // The command has run; how it ended is still what counts.
      console.error(error instanceof Error ? error.message : error);
    }
  }
  return result;
}
