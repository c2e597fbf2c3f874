/** Starts a long-lived command whose stdin and stdout the caller talks over. */
import type { Readable, Writable } from 'node:stream';
import type { Command } from './command.ts';
import { signalGroup } from './group.ts';
import { watchGroup } from './guard.ts';
import { superviseGroup, type CommandResult } from './run.ts';
import { spawnCommand } from './spawn.ts';

export interface RunningCommand {
  /** Process id, also the id of its process group. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process has ended; never rejects. Its `tail` and `stdout` are empty: the streams are the caller's to read. */
  readonly result: Promise<CommandResult>;
  /** Sends a signal to the whole group. @defaultValue SIGKILL */
  kill(signal?: NodeJS.Signals): void;
  /** Lets this process exit although the command still runs, which ends it. Until then the streams work as before. */
  unref(): void;
}

/**
 * Starts a command as leader of its own process group. The group is killed when the command itself has ended, and when this process exits,
 * however it exits.
 *
 * @throws CommandNotStarted
 */
export async function startCommand(command: Command): Promise<RunningCommand> {
  const start = performance.now();
  const child = await spawnCommand(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', leader: true });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new TypeError('pipes were asked for');
  // Writing to a process that has just ended is no error of its own: `result` tells.
  stdin.on('error', () => undefined);
  const result = superviseGroup(child, {}).then((ending) => ({
    command,
    ...ending,
    wallTime: performance.now() - start,
    tail: '',
    stdout: '',
  }));
  return {
    pid: child.pid,
    stdin,
    stdout,
    stderr,
    result,
    kill: (signal = 'SIGKILL') => {
      signalGroup(child.pid, signal);
    },
    unref: () => {
      child.unref();
    },
  };
}

/** Has the group killed when this process ends, however it ends (SIGKILL too), until `release` is called. For groups that another process started on our behalf. */
export function guardGroup(pgid: number): { release(): void } {
  return watchGroup(pgid);
}
