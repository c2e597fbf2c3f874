/** Runs a script of this package in another Node process while this one stands still. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { runInterruptibly } from './interruptibly.ts';

/** How a script ended. */
export interface ScriptResult {
  readonly stdout: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Question {
  readonly input: unknown;
  /** Processes with which nobody would want the answer any more. */
  readonly askers: readonly number[];
}

/**
 * For the few places that can't be asynchronous: mocha wants to know a file's tests while it loads it. stderr is passed through, so that
 * progress shows; flags of this process (`--import=tsx`) are the script's, too.
 *
 * @param script - A module that calls `answerSync`.
 */
export function runScriptSync(script: string, input: unknown): ScriptResult {
  // A process that was forked is to end with the one that forked it, and can't notice while it stands still.
  const askers = process.channel === undefined ? [process.pid] : [process.pid, process.ppid];
  const { stdout, status, signal, error } = spawnSync(process.execPath, [...process.execArgv, script], {
    input: JSON.stringify({ input, askers } satisfies Question),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: Infinity,
  });
  if (error !== undefined) throw error;
  return { stdout, exitCode: status, signal };
}

/** How often the script looks whether its askers still run, ms. */
const lookInterval = 250;

/**
 * The script's side: writes what `answer` makes of the input, as JSON. The signal fires, and the script ends once `answer` has, when it is told to end
 * or an asker is gone.
 */
export async function answerSync<Input>(
  answer: (input: Input, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const { input, askers } = JSON.parse(await text(process.stdin)) as Question;
  await runInterruptibly(async (signal) => {
    const looking = setInterval(() => {
      // A second signal would cut the cleaning up short.
      if (!signal.aborted && !askers.every(isRunning)) process.kill(process.pid, 'SIGTERM');
    }, lookInterval);
    looking.unref();
    process.stdout.write(JSON.stringify(await answer(input as Input, signal)));
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
