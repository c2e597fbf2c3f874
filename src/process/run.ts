/** Runs one command as the leader of its own process group and reports how it ended. (Contract; see H2.) */
import type { Command } from './command.ts';

export interface RunOptions {
  /** Where stdout and stderr go, in the order written: a file that is truncated first. Without it both are kept in memory only. */
  readonly logFile?: string;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Ends the whole group after so many ms. @defaultValue no limit */
  readonly timeout?: number;
  /** Ends the whole group when it fires. */
  readonly signal?: AbortSignal;
  /** Text for stdin. @defaultValue stdin is empty */
  readonly input?: string;
  /** Address space limit of the group's processes, in bytes. @defaultValue no limit */
  readonly memoryLimit?: number;
}

export interface CommandResult {
  readonly command: Command;
  /** Exit code, or undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Wall time, ms. */
  readonly wallTime: number;
  /** The last 64 KiB of the output, stdout and stderr as they came. */
  readonly tail: string;
  /** stdout alone, when no logFile was given. */
  readonly stdout: string;
}

/**
 * Runs a command to its end. Never rejects because of how the command ended.
 *
 * @throws CommandNotStarted when the executable is missing or may not be executed.
 */
export declare function runCommand(command: Command, options?: RunOptions): Promise<CommandResult>;
