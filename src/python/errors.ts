/** Errors of looking for Python, of making its environment and of asking it for tests. */
import { MochaCocotbError } from '../errors.ts';
import { isNamedByUser, type PythonOrigin } from './origin.ts';

/** A place where Python was looked for, and why it didn't do. */
export interface PythonPlace {
  readonly origin: PythonOrigin;
  /** The interpreter or folder looked at, where there was one to look at. */
  readonly path: string | undefined;
  readonly problem: string;
}

/** No usable Python with cocotb. */
export class PythonNotFound extends MochaCocotbError {
  readonly code = 'PYTHON_NOT_FOUND';
  readonly places: readonly PythonPlace[];

  constructor(places: readonly PythonPlace[], needed: string) {
    const seen = places.map(({ origin, problem }) => `  ${placeNames[origin]}: ${problem}`).join('\n');
    const named = places.find(({ origin, path }) => isNamedByUser(origin) && path !== undefined);
    const advice =
      named === undefined
        ? 'Run "npx mocha-cocotb setup", which makes an environment with cocotb here, or name an interpreter that has cocotb by MOCHA_COCOTB_PYTHON.'
        : `Correct ${placeNames[named.origin]}, install cocotb there (${String(named.path)} -m pip install "${needed}"), or leave it out to have the other places looked at.`;
    super(`Python with ${needed} not found. Looked at:\n${seen}\n${advice}`);
    this.places = places;
  }
}

const placeNames: Readonly<Record<PythonOrigin, string>> = {
  option: 'option python',
  variable: 'MOCHA_COCOTB_PYTHON',
  virtualenv: 'active virtual environment',
  managed: 'managed environment',
  path: 'python3 on PATH',
};
