/** Errors of looking for Python, of making its environment and of asking it for tests. */
import { MochaCocotbError } from '../errors.ts';
import { isNamedByUser, type PythonOrigin } from './origin.ts';

/** A place where Python was looked for, and why it didn't do. */
export interface PythonPlace {
  /** Who or what led there. */
  readonly origin: PythonOrigin;
  /** The interpreter or folder looked at, where there was one to look at. */
  readonly path: string | undefined;
  /** Why it didn't do, in words. */
  readonly problem: string;
  /** Whether there is a Python that runs. */
  readonly isPython: boolean;
}

/** No usable Python with cocotb. */
export class PythonNotFound extends MochaCocotbError {
  readonly code = 'PYTHON_NOT_FOUND';
  /** In the order in which they were looked at. */
  readonly places: readonly PythonPlace[];

  constructor(places: readonly PythonPlace[], needed: string) {
    const seen = places.map(({ origin, problem }) => `  ${placeNames[origin]}: ${problem}`).join('\n');
    const named = places.find(({ origin, path }) => isNamedByUser(origin) && path !== undefined);
    const advice =
      named === undefined
        ? 'Run "npx mocha-cocotb setup", which makes an environment with cocotb here, or name an interpreter that has cocotb by MOCHA_COCOTB_PYTHON.'
        : `Correct ${placeNames[named.origin]}${named.isPython ? `, install cocotb there (${String(named.path)} -m pip install "${needed}")` : ''}, or leave it out to have the other places looked at.`;
    super(`Python with ${needed} not found. Looked at:\n${seen}\n${advice}`);
    this.places = places;
  }
}

/** The cocotb tests of a module could not be listed, for a reason that a simulation would not cure. */
export class DiscoveryFailed extends MochaCocotbError {
  readonly code = 'DISCOVERY_FAILED';
  /** The module that was asked for. */
  readonly module: string;
  /** Last line of the traceback, such as `ModuleNotFoundError: No module named 'foo'`. */
  readonly error: string;
  /** Python's traceback. */
  readonly traceback: string;

  constructor(module: string, error: string, traceback: string, pythonPath: readonly string[]) {
    const searched = error.startsWith('ModuleNotFoundError')
      ? `\nLooked for in ${pythonPath.length === 0 ? 'no folder of yours: pythonPath is empty' : pythonPath.join(', ')} and in the Python environment. Correct testModule or pythonPath, or install the package.`
      : '';
    const where = ['', error].includes(traceback.trim()) ? '' : `\n${traceback.trimEnd()}`;
    super(`Tests of Python module ${module} not found: ${error}${searched}${where}`);
    this.module = module;
    this.error = error;
    this.traceback = traceback;
  }
}

/** The managed environment could not be made. */
export class SetupFailed extends MochaCocotbError {
  readonly code = 'SETUP_FAILED';
  /** The environment's folder. */
  readonly folder: string;

  constructor(folder: string, explanation: string, options?: ErrorOptions) {
    super(`Python environment ${folder} not made: ${explanation}`, options);
    this.folder = folder;
  }
}

const placeNames: Readonly<Record<PythonOrigin, string>> = {
  option: 'option python',
  variable: 'MOCHA_COCOTB_PYTHON',
  virtualenv: 'active virtual environment',
  managed: 'managed environment',
  path: 'python3 on PATH',
};
