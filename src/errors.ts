/** The base of every error that mocha-cocotb throws, and the codes by which a caller tells them apart. */
import { inspect } from 'node:util';
import { userFrames } from './user-frames.ts';

/** Names one kind of error; stable across versions, unlike messages. */
export type ErrorCode =
  // options
  | 'OPTION'
  // locks
  | 'LOCK_TIMEOUT'
  | 'LOCK_LOST'
  | 'LOCK_NESTED'
  | 'LOCK_ACCESS'
  | 'CALL_ONCE_FAILED'
  | 'CALL_ONCE_NOT_RECORDED'
  // tools
  | 'PYTHON_NOT_FOUND'
  | 'TOOL_NOT_FOUND'
  | 'TOOL_TOO_OLD'
  | 'SETUP_FAILED'
  | 'INIT_FAILED'
  | 'COMMAND_NOT_STARTED'
  | 'DISCOVERY_FAILED'
  // builds
  | 'BUILD_FAILED'
  | 'BUILD_INPUT_CHANGED'
  | 'BUILD_ACCESS'
  // simulations
  | 'SIMULATION_FAILED'
  | 'SIMULATION_ABORTED';

/**
 * Base of all errors of this package. The message says what failed, on what, what was seen and what to do;
 * the same facts stand in readonly fields of the subclass. The stack names the places in the user's own files only.
 */
export abstract class MochaCocotbError extends Error {
  /** Which kind of error this is. */
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    const frames = userFrames((this.stack ?? '').replace(message, ''));
    this.stack = [`${this.name}: ${message}`, ...frames.map(({ line }) => line)].join('\n');
  }

  /** As it is printed by mocha while it loads files, and by console.log: without the fields, which the message has told. */
  [inspect.custom](): string {
    return this.stack ?? this.message;
  }
}
