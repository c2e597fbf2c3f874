/** Runs a command in the foreground, in our place: our stdio, our process group, signals passed on. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.ts';
import { endGrace } from './group.ts';
import { spawnCommand, type Ending, type SpawnedProcess } from './spawn.ts';

export interface InheritOptions {
  /** Ends the command when it fires: SIGTERM, and SIGKILL 2 s later. */
  readonly signal?: AbortSignal;
}

/** Sent to us alone, by kill or a batch system; what the terminal sends (SIGINT, SIGTSTP) the command has had already. */
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/**
 * Runs a command with this process's stdin, stdout and stderr, as a shell does. It stays in our process group, so that the terminal's
 * Ctrl-C and Ctrl-Z reach it directly; SIGTERM, SIGHUP, SIGQUIT and SIGUSR2 are passed on. We outlive it to report how it ended.
 *
 * @throws CommandNotStarted
 */
export async function runInherited(command: Command, options: InheritOptions = {}): Promise<Ending> {
  const early: NodeJS.Signals[] = [];
  let child: SpawnedProcess | undefined;
  const send = (signal: NodeJS.Signals) => {
    if (child === undefined) early.push(signal);
    else sendTo(child.pid, signal);
  };
  const leaveToCommand = () => undefined;
  process.on('SIGINT', leaveToCommand);
  for (const signal of passedOn) process.on(signal, send);
  const onAbort = () => {
    if (child !== undefined) void endInTime(child);
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    child = await spawnCommand(command, { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', leader: false });
    for (const signal of early) send(signal);
    if (options.signal?.aborted) onAbort();
    return await child.ended;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    process.off('SIGINT', leaveToCommand);
    for (const signal of passedOn) process.off(signal, send);
    child?.guarded.release();
  }
}

async function endInTime({ pid, ended }: SpawnedProcess): Promise<void> {
  sendTo(pid, 'SIGTERM');
  const ending = await Promise.race([ended, sleep(endGrace, undefined, { ref: false })]);
  if (ending === undefined) sendTo(pid, 'SIGKILL');
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
