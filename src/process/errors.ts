/** Why a command could not be started at all. */
import { MochaCocotbError } from '../errors.ts';
import type { Command } from './command.ts';

/** What stood in the way of a command's start. */
export type NotStartedReason =
  | 'missing-executable'
  | 'not-executable'
  | 'bad-interpreter'
  | 'missing-folder'
  | 'too-long'
  | 'no-log-file'
  | 'refused';

/** A command that did not start: no process ran. */
export class CommandNotStarted extends MochaCocotbError {
  readonly code = 'COMMAND_NOT_STARTED';
  /** What should have run. */
  readonly command: Command;
  /** What stood in the way. */
  readonly reason: NotStartedReason;
  /** The file or folder at fault. */
  readonly path: string;

  constructor(command: Command, reason: NotStartedReason, path: string, explanation: string, cause?: unknown) {
    super(
      `Command ${command.argv[0]} not started in ${command.cwd}: ${explanation}`,
      cause === undefined ? {} : { cause },
    );
    this.command = command;
    this.reason = reason;
    this.path = path;
  }
}
