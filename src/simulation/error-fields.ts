/** Takes errors from one process to another, where `instanceof` still tells them apart. */
import { BuildAccess, BuildFailed, BuildInputChanged, ToolNotFound, ToolTooOld } from '../build/errors.ts';
import { MochaCocotbError } from '../errors.ts';
import {
  CallOnceFailed,
  CallOnceNotRecorded,
  NFSLockAccess,
  NFSLockLost,
  NFSLockNested,
  NFSLockTimeout,
} from '../locks/errors.ts';
import { OptionError } from '../options/option-error.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { DiscoveryFailed, PythonNotFound } from '../python/errors.ts';

/** What is told of an error. */
export interface ErrorFields {
  readonly message: string;
  readonly stack: string | undefined;
  readonly name: string;
  /** Those of one of ours, which are all that structuredClone takes; undefined for any other error. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** Those that a discovery may end with. */
const classes: Readonly<Record<string, { readonly prototype: MochaCocotbError }>> = {
  BuildAccess,
  BuildFailed,
  BuildInputChanged,
  CallOnceFailed,
  CallOnceNotRecorded,
  CommandNotStarted,
  DiscoveryFailed,
  NFSLockAccess,
  NFSLockLost,
  NFSLockNested,
  NFSLockTimeout,
  OptionError,
  PythonNotFound,
  ToolNotFound,
  ToolTooOld,
};

/** What another process needs to know of anything that was thrown. */
export function takeFields(thrown: unknown): ErrorFields {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { message, stack, name } = error;
  return { message, stack, name, fields: error instanceof MochaCocotbError ? { ...error } : undefined };
}

/** The error again, of its class. The message of one of ours says it all; of any other only the stack tells where in the other process it came from. */
export function errorOf({ message, stack, name, fields }: ErrorFields): Error {
  const error = Object.assign(new Error(message), { name, ...fields });
  const known = fields && classes[name];
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  error.stack = fields === undefined ? (stack ?? message) : message;
  return error;
}
