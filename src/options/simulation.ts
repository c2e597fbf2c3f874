/** The options of a simulation: one run of a build with cocotb inside. */
import type { HdlValue } from './design.ts';
import type { Timescale } from './timescale.ts';

/**
 * How a simulation is run, and which tests in it; docs/options.md has the names that cocotb's runner has for these options. Relative paths start at the
 * design's `cwd`. An option that is unknown, wrong or would be ignored by the simulator is an OptionError.
 */
export interface SimulationOptions {
  /** Python module(s) with the cocotb tests. */
  readonly testModule: string | readonly string[];
  /** Exact name(s) of cocotb tests, as in results.xml (`name` or `module.name`); `module` is the one that defines the test, also where another imports it. */
  readonly testcase?: string | readonly string[];
  /** Regular expression of Python's `re`, looked for anywhere in `module.name`; not together with testcase. @defaultValue variable COCOTB_TEST_FILTER */
  readonly testFilter?: string;
  /**
   * COCOTB_RANDOM_SEED of the simulation, 0 to 2^32 - 1; on Verilator the HDL's seed, too.
   *
   * @defaultValue derived from the run's base seed and the names in testModule and testcase (or testFilter)
   */
  readonly seed?: number;
  /** Such as `+depth=4`; cocotb.plusargs and `$value$plusargs` see them. The words of the variable SIM_CMD_SUFFIX are added. @defaultValue none */
  readonly plusargs?: readonly string[];
  /** More arguments for the simulator (`vvp`, the Verilator executable, ...). */
  readonly testArgs?: readonly string[];
  /** Arguments of an elaboration that precedes the simulation (NVC). */
  readonly elabArgs?: readonly string[];
  /** Environment variables of the simulation; they win over the process's own. Those that other options set (COCOTB_TEST_MODULES, ...) are an error. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** Folders put in front of Python's module path. */
  readonly pythonPath?: readonly string[];
  /** Record waves. Overridden by the variable WAVES. @defaultValue the design's */
  readonly waves?: boolean | 'on-failure';
  /** Start the simulator's GUI; Verilator and Icarus have none and record waves. Overridden by the variable GUI. @defaultValue false */
  readonly gui?: boolean;
  /** Parameters at run time, on simulators that can (an error on those that can't). */
  readonly parameters?: Readonly<Record<string, HdlValue>>;
  /** Tcl commands to run before the simulation begins (Questa, Riviera-PRO). */
  readonly preCmd?: readonly string[];
  /** Simulation toplevel, where it is not the design's. */
  readonly toplevel?: string;
  /** Library that the toplevel is in. @defaultValue the design's `library` */
  readonly toplevelLibrary?: string;
  /** Language of the toplevel, cocotb's TOPLEVEL_LANG. @defaultValue that of the last source */
  readonly toplevelLang?: 'verilog' | 'vhdl';
  /** Interfaces that cocotb's GPI is to use, the one it is entered by first. @defaultValue those that cocotb's runner takes for the simulator */
  readonly gpiInterfaces?: readonly ('vpi' | 'vhpi' | 'fli')[];
  /** Unit and precision, such as '1ns/1ps', where they are not compiled in (GHDL, DSim). @defaultValue the design's */
  readonly timescale?: string | readonly [unit: string, precision: string];
  /** Have cocotb's runner and its simulators say more; Verilator and Icarus have no more to say. @defaultValue the design's */
  readonly verbose?: boolean;
  /** Working folder of the simulation. @defaultValue its run folder */
  readonly testDir?: string;
  /** Another place for results.xml; relative to the design's cwd. */
  readonly resultsXml?: string;
  /** Another place for sim.log; relative to the design's cwd. */
  readonly logFile?: string;
  /** Limit of the simulation's own time, ms; Infinity and -1 are none. @defaultValue what is left of its mocha test's time limit; 600_000 where that has none */
  readonly timeout?: number;
  /** Fork a process that has loaded Python and cocotb (warm), or start a new one. @defaultValue variable MOCHA_COCOTB_LAUNCH, else 'auto': warm where it is safe */
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
  /** Whether the testcases are known to be full names, being of tests that were discovered; the user's may be either. */
  readonly areFullNames: boolean;
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
