/** Runs a command in the foreground, in our place: our stdio, our process group, signals passed on. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.ts';
import { endGrace } from './group.ts';
import { spawnCommand, type Ending } from './spawn.ts';

export interface InheritOptions {
  /** Ends the command when it fires: SIGTERM, and SIGKILL 2 s later. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command with this process's stdin, stdout and stderr, as a shell does. It stays in our process group, so that the terminal's
 * Ctrl-C and Ctrl-Z reach it directly; SIGTERM, SIGHUP and SIGQUIT sent to us alone are passed on. We outlive it to report how it ended.
 *
 * @throws CommandNotStarted
 */
export async function runInherited(command: Command, options: InheritOptions = {}): Promise<Ending> {
  const child = await spawnCommand(command, { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', leader: false });
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(child.pid, signal);
    } catch {
      // Gone already.
    }
  };
  // The terminal has sent SIGINT to both; the command decides what it means.
  const ignored = () => undefined;
  const forwarded = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
  process.on('SIGINT', ignored);
  for (const signal of forwarded) process.on(signal, send);
  let ended = false;
  const onAbort = async () => {
    send('SIGTERM');
    await Promise.race([child.ended, sleep(endGrace, undefined, { ref: false })]);
    if (!ended) send('SIGKILL');
  };
  const listener = () => void onAbort();
  options.signal?.addEventListener('abort', listener, { once: true });
  if (options.signal?.aborted) listener();
  try {
    return await child.ended;
  } finally {
    ended = true;
    options.signal?.removeEventListener('abort', listener);
    process.off('SIGINT', ignored);
    for (const signal of forwarded) process.off(signal, send);
    child.guarded.release();
  }
}
