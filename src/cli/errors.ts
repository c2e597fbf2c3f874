/** Errors of the command itself. */
import { MochaCocotbError } from '../errors.ts';

/** `init` could not write a first spec. */
export class InitFailed extends MochaCocotbError {
  readonly code = 'INIT_FAILED';
}
