/** Which cocotb tests a Python module has, without a simulation where that is possible. (Contract; see H2.) */
import type { PythonEnvironment } from './environment.ts';

export interface DiscoveredTest {
  readonly module: string;
  /** Name as cocotb reports it in results.xml, with the case of a parametrized test, such as `adds/width=8`. */
  readonly name: string;
  /** `module.name`: what COCOTB_TEST_FILTER is matched against. */
  readonly fullName: string;
  readonly file: string;
  readonly line: number;
  readonly skip: boolean;
  readonly expectFail: boolean;
  readonly doc: string | undefined;
  readonly stage: number;
}

export interface DiscoveryRequest {
  readonly modules: readonly string[];
  /** Absolute folders put in front of sys.path. */
  readonly pythonPath: readonly string[];
  /** Environment variables that the modules may read at import (extraEnv of the run and the toplevel). */
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Folder in which what was found is remembered, by the content of the Python files read. */
  readonly cacheFolder: string;
}

/** `needs-simulation`: the module reads simulator objects at import; the caller lists its tests inside a simulation (COCOTB_LIST_TESTS-like). */
export type Discovery =
  | { readonly state: 'found'; readonly tests: readonly DiscoveredTest[] }
  | { readonly state: 'needs-simulation'; readonly reason: string };

/** @throws DiscoveryFailed with the Python traceback when a module is missing or its import fails for a reason that a simulation would not cure. */
export declare function discoverTests(python: PythonEnvironment, request: DiscoveryRequest): Promise<Discovery>;
