/** The errors of the locks. */
import { MochaCocotbError } from '../errors.ts';
import { describeSystemError, errorCode } from '../filesystem/lock-file-system.ts';
import type { SeenHolder } from './holder.ts';
import { describeHolder } from './holder.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

/** A lock was not free within the wait that the caller allowed. */
export class NFSLockTimeout extends MochaCocotbError {
  readonly code = 'LOCK_TIMEOUT';
  /** Path of the lock. */
  readonly path: string;
  /** How long was waited, ms. */
  readonly waited: number;
  /** Who had the lock when the wait ended. */
  readonly holders: readonly SeenHolder[];

  constructor(path: string, waited: number, holders: readonly SeenHolder[]) {
    super(
      `Lock ${path} not acquired in ${seconds(waited)}: ${describeHolders(holders)}. Raise timeout or end that run; mocha-cocotb locks shows it.`,
    );
    this.path = path;
    this.waited = waited;
    this.holders = holders;
  }
}

/** The lock was taken from a live holder (this process showed no life for staleTimeout, or somebody broke it by hand). */
export class NFSLockLost extends MochaCocotbError {
  readonly code = 'LOCK_LOST';
  /** Path of the lock. */
  readonly path: string;

  constructor(path: string) {
    super(
      `Lock ${path} was lost: another process took it because this one showed no life for staleTimeout, or somebody removed it. ` +
        'What was done under it may overlap with what the next holder did; do it again.',
    );
    this.path = path;
  }
}

/** This process already holds the lock; waiting would be waiting for itself. */
export class NFSLockNested extends MochaCocotbError {
  readonly code = 'LOCK_NESTED';
  /** Path of the lock. */
  readonly path: string;

  constructor(path: string) {
    super(`Lock ${path} is already held by this process, pid ${process.pid}. Release it before acquiring it again.`);
    this.path = path;
  }
}

/** The file system does not let this process use the lock. */
export class NFSLockAccess extends MochaCocotbError {
  readonly code = 'LOCK_ACCESS';
  /** Path of the lock, or of what could not be used in it; `cause` is what the file system answered. */
  readonly path: string;

  constructor(path: string, cause: unknown, hint: string) {
    super(`Lock ${path} can't be used: ${describeSystemError(cause)}. ${hint}`, { cause });
    this.path = path;
  }
}

/** The function behind a CallOnce failed, here or in another process; carries its original name, message and stack. */
export class CallOnceFailed extends MochaCocotbError {
  readonly code = 'CALL_ONCE_FAILED';
  /** Name of the call. */
  readonly callName: string;
  /** The original error's name; `undefined` when something that isn't an error was thrown. */
  readonly originalName: string | undefined;
  /** The original error's message, or what was thrown as text. */
  readonly originalMessage: string;
  /** The original stack as text. */
  readonly originalStack: string | undefined;
  /** Extra JSON-able fields of the original error (its `code`, a compiler's output, ...). */
  readonly originalFields: Readonly<Record<string, unknown>>;
  /** Marker file that records the failure. */
  readonly marker: string;
  /** Where fn ran: host and pid. */
  readonly ranOn: string;

  constructor(failure: {
    callName: string;
    name: string | undefined;
    message: string;
    stack: string | undefined;
    fields: Readonly<Record<string, unknown>>;
    marker: string;
    ranOn: string;
    cause?: unknown;
  }) {
    super(
      `${failure.callName} failed (on ${failure.ranOn}; recorded in ${failure.marker}): ${failure.name === undefined ? '' : `${failure.name}: `}${failure.message}`,
      failure.cause === undefined ? undefined : { cause: failure.cause },
    );
    this.callName = failure.callName;
    this.originalName = failure.name;
    this.originalMessage = failure.message;
    this.originalStack = failure.stack;
    this.originalFields = failure.fields;
    this.marker = failure.marker;
    this.ranOn = failure.ranOn;
    if (failure.stack !== undefined)
      this.stack = `${this.name}: ${this.message}\n--- original stack ---\n${failure.stack}`;
  }
}

/** fn ended, but its outcome could not be recorded, so that other processes will run it again. */
export class CallOnceNotRecorded extends MochaCocotbError {
  readonly code = 'CALL_ONCE_NOT_RECORDED';
  /** Name of the call. */
  readonly callName: string;
  /** Marker file that could not be written. */
  readonly marker: string;

  constructor(callName: string, marker: string, outcome: 'succeeded' | 'failed', cause: unknown) {
    super(
      `${callName} ${outcome}, but its marker ${marker} can't be written: ${describeSystemError(cause)}. ` +
        'It counts as neither done nor failed; free the disk or mend the permissions and run again.',
      { cause },
    );
    this.callName = callName;
    this.marker = marker;
  }
}

function describeHolders(holders: readonly SeenHolder[]): string {
  if (holders.length === 0) return 'its holder could not be seen';
  return `held by ${holders.map(describeHolder).join(', and by ')}`;
}

/** Wraps what the file system answered, with what to do about it. */
export function accessError(path: string, error: unknown): NFSLockAccess {
  return error instanceof NFSLockAccess ? error : new NFSLockAccess(path, error, accessHint(errorCode(error)));
}

function accessHint(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'Its parent folder is missing: make it, or check that the shared file system is mounted.';
    case 'ENOTDIR':
      return 'Something that is not a folder has its name, or that of a folder above it: remove it or choose another path.';
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'ENOSYS':
      return 'Locks need symbolic links, which that file system does not know.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Check the permissions of its parent folder.';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free space on that file system.';
    case undefined:
    default:
      return 'Check that file system.';
  }
}
