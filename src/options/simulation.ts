/** The options of a simulation: one run of a build with cocotb inside. */
import type { HdlValue } from './design.ts';
import type { Timescale } from './timescale.ts';

export interface SimulationOptions {
  /** Python module(s) with the cocotb tests. */
  readonly testModule: string | readonly string[];
  /** Exact name(s) of cocotb tests, as in results.xml (`name` or `module.name`). */
  readonly testcase?: string | readonly string[];
  /** Regular expression of Python's `re`, looked for anywhere in `module.name`; not together with testcase. @defaultValue variable COCOTB_TEST_FILTER */
  readonly testFilter?: string;
  /** Seed of Python's and the HDL's random numbers, 0 to 2^32 - 1. @defaultValue derived from the run's base seed and the test's name */
  readonly seed?: number;
  readonly plusargs?: readonly string[];
  /** More arguments for the simulator (`vvp`, the Verilator executable, ...). */
  readonly testArgs?: readonly string[];
  readonly elabArgs?: readonly string[];
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** Folders put in front of Python's module path; relative to cwd. */
  readonly pythonPath?: readonly string[];
  /** Overridden by the variable WAVES. @defaultValue the design's */
  readonly waves?: boolean | 'on-failure';
  /** Overridden by the variable GUI. @defaultValue false */
  readonly gui?: boolean;
  /** Parameters at run time, on simulators that can (an error on those that can't). */
  readonly parameters?: Readonly<Record<string, HdlValue>>;
  readonly preCmd?: readonly string[];
  /** Simulation toplevel, where it is not the design's. */
  readonly toplevel?: string;
  readonly toplevelLibrary?: string;
  readonly toplevelLang?: 'verilog' | 'vhdl';
  readonly gpiInterfaces?: readonly ('vpi' | 'vhpi' | 'fli')[];
  readonly timescale?: string | readonly [unit: string, precision: string];
  readonly verbose?: boolean;
  /** Working folder of the simulation. @defaultValue its run folder */
  readonly testDir?: string;
  /** Another place for results.xml; relative to the design's cwd. */
  readonly resultsXml?: string;
  /** Another place for sim.log; relative to the design's cwd. */
  readonly logFile?: string;
  /** Limit of the simulation's own time, ms. @defaultValue 600_000 */
  readonly timeout?: number;
  /** @defaultValue variable MOCHA_COCOTB_LAUNCH, else 'auto': warm where it is safe */
  readonly launch?: 'auto' | 'warm' | 'cold';
  /** User modules that may be loaded before the fork. @defaultValue none */
  readonly preload?: readonly string[];
  /** Command prefix, such as ['srun', '-n1']. @defaultValue variable SIM_CMD_PREFIX, split at spaces */
  readonly launcher?: readonly string[];
}

/** Simulation options in which nothing is optional but what has no default. */
export interface ResolvedSimulation {
  readonly testModules: readonly string[];
  readonly testcases: readonly string[];
  readonly testFilter: string | undefined;
  readonly seed: number | undefined;
  readonly plusargs: readonly string[];
  readonly testArgs: readonly string[];
  readonly elabArgs: readonly string[];
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly pythonPath: readonly string[];
  readonly waves: boolean | 'on-failure';
  readonly gui: boolean;
  readonly parameters: Readonly<Record<string, HdlValue>> | undefined;
  readonly preCmd: readonly string[] | undefined;
  readonly toplevel: string;
  readonly toplevelLibrary: string;
  readonly toplevelLang: 'verilog' | 'vhdl' | undefined;
  readonly gpiInterfaces: readonly ('vpi' | 'vhpi' | 'fli')[];
  readonly timescale: Timescale | undefined;
  readonly verbose: boolean;
  readonly testDir: string | undefined;
  readonly resultsXml: string | undefined;
  readonly logFile: string | undefined;
  readonly timeout: number;
  readonly launch: 'auto' | 'warm' | 'cold';
  readonly preload: readonly string[];
  readonly launcher: readonly string[];
}
