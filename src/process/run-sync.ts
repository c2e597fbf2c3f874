/** Runs a script of this package in another Node process while this one stands still. */
import { spawnSync } from 'node:child_process';

/** How a script ended. */
export interface ScriptResult {
  readonly stdout: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * For the few places that can't be asynchronous: mocha wants to know a file's tests while it loads it. stderr is passed through, so that
 * progress shows; flags of this process (`--import=tsx`) are the script's, too.
 *
 * @param input - What the script reads from stdin, as JSON.
 */
export function runScriptSync(script: string, input: unknown): ScriptResult {
  const { stdout, status, signal, error } = spawnSync(process.execPath, [...process.execArgv, script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: Infinity,
  });
  if (error !== undefined) throw error;
  return { stdout, exitCode: status, signal };
}
