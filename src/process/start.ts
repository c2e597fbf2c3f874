/** Starts a long-lived command whose stdin and stdout the caller talks over. (Contract; see H2.) */
import type { Readable, Writable } from 'node:stream';
import type { Command } from './command.ts';
import type { CommandResult } from './run.ts';

export interface RunningCommand {
  /** Process id, also the id of its process group. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process has ended; never rejects. */
  readonly result: Promise<CommandResult>;
  /** Sends a signal to the whole group. @defaultValue SIGKILL */
  kill(signal?: NodeJS.Signals): void;
}

/**
 * Starts a command as leader of its own process group. The group is killed when this process exits, however it exits.
 *
 * @throws CommandNotStarted
 */
export declare function startCommand(command: Command): Promise<RunningCommand>;

/** Has the group killed when this process ends, however it ends (SIGKILL too), until `release` is called. For groups that another process started on our behalf. */
export declare function guardGroup(pgid: number): { release(): void };
