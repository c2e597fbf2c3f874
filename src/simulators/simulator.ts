/** What a simulator is to the rest: data about commands, files and capabilities. An adapter starts nothing. */
import type { ResolvedDesign, SimulatorName } from '../options/design.ts';
import type { OptionProblem } from '../options/option-error.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { Command, Environment } from '../process/command.ts';
import type { PythonEnvironment } from '../python/environment.ts';

export interface Capabilities {
  readonly languages: readonly ('verilog' | 'vhdl')[];
  readonly gpiInterfaces: readonly ('vpi' | 'vhpi' | 'fli')[];
  /** Compiles into libraries that have names. */
  readonly libraries: boolean;
  /** Parameters may be given to a simulation without a new build. */
  readonly runtimeParameters: boolean;
  readonly runtimeTimescale: boolean;
  readonly elabArgs: boolean;
  readonly preCmd: boolean;
  readonly coverage: boolean;
  /** May serve warm starts: forks of a process that has loaded Python. */
  readonly warm: WarmCapabilities | undefined;
}

export interface WarmCapabilities {
  /** Whether each child may have its own. */
  readonly plusargs: 'per-child' | 'per-server';
  /** Arguments of which the simulator makes something before a fork that each simulation must have for itself, and what that is. */
  readonly actsEarly: readonly { readonly argument: RegExp; readonly reason: string }[];
}

/** A tool found: which executable, what version, why this one. */
export interface Tool {
  /** As in `Toolchain`. */
  readonly name: string;
  /** Command that starts it, such as ['/usr/bin/verilator'] or ['perl', '/…/verilator']. */
  readonly argv: readonly [string, ...string[]];
  /** As it says itself, such as 5.048. */
  readonly version: string;
  /** What led to it: the design's option, a variable such as VERILATOR, PATH, or a package of the Python environment. */
  readonly origin: 'option' | 'variable' | 'path' | 'python';
  /** Variables it needs, such as VERILATOR_ROOT. */
  readonly env: Environment;
  /** Digest of what it says of itself and of its files: the same for the same program in another place. */
  readonly identity: string;
}

/** The tools of one simulator and of its C++ compiler, by name: 'verilator', 'make', 'c++', 'iverilog', 'vvp', ... */
export type Toolchain = Readonly<Record<string, Tool>>;

/** How to find one tool: candidates in order, the arguments that make it tell its version, and how to read the answer. */
export interface ToolQuestion {
  readonly name: string;
  readonly candidates: readonly {
    readonly argv: readonly [string, ...string[]];
    readonly origin: Tool['origin'];
    readonly env: Environment;
  }[];
  readonly versionArgs: readonly string[];
  /** Undefined when the text is not the tool's. */
  readonly parseVersion: (text: string) => string | undefined;
  /** Lowest version that does, and why. */
  readonly minimum: { readonly version: string; readonly reason: string } | undefined;
  /** Command or advice that mends a missing tool. */
  readonly mend: string;
}

export interface CompileContext {
  readonly design: ResolvedDesign;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  /** Private folder of this compile; published under another name by one rename, so nothing may record it. */
  readonly staging: string;
  /** Make jobs. */
  readonly jobs: number;
  /** Prebuilt objects of the simulator's own runtime, if any: a folder of .o files made by `runtimePlan`. */
  readonly runtime: string | undefined;
  /** Whole environment of the compile. */
  readonly env: Environment;
  /** Whether to build with tracing (design.waves true, or the tracing twin of 'on-failure'). */
  readonly trace: boolean;
}

export interface PlannedFile {
  /** Relative to the staging folder. */
  readonly path: string;
  readonly content: string;
}

export interface CompilePlan {
  /** Written before the commands run. */
  readonly files: readonly PlannedFile[];
  readonly commands: readonly Command[];
  /** Where the tools say which files they read, relative to staging: make rules or one path a line. */
  readonly dependencyFiles: readonly { readonly path: string; readonly format: 'make' | 'lines' }[];
  /** Must exist afterwards, relative to staging. */
  readonly products: readonly string[];
  /** May be removed before publishing, relative to staging. */
  readonly intermediates: readonly string[];
}

/** Work shared by all builds of one toolchain, done once under an NFSLock and linked by every build (Verilator's verilated.cpp, ...). */
export interface RuntimePlan {
  /** What the result depends on besides the toolchain: flags. */
  readonly key: string;
  readonly plan: CompilePlan;
}

export interface SimulationContext {
  readonly design: ResolvedDesign;
  readonly simulation: ResolvedSimulation;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  /** Published build folder. */
  readonly build: string;
  /** The simulation's working folder. */
  readonly cwd: string;
  /** Whole environment, cocotb's variables included. */
  readonly env: Environment;
  readonly trace: boolean;
  readonly wavesFile: string;
  readonly coverageFile: string;
  readonly seed: number;
}

export interface SimulationPlan {
  readonly command: Command;
  /** Exists after the simulation if waves were recorded. */
  readonly wavesFile: string | undefined;
  readonly coverageFile: string | undefined;
}

export interface Simulator {
  readonly name: SimulatorName;
  /** Its name for people, such as Icarus Verilog. */
  readonly title: string;
  readonly capabilities: Capabilities;
  /** Options that this simulator would ignore or can't take; empty when all is well. The caller throws an OptionError with them. */
  checkDesign(design: ResolvedDesign): readonly OptionProblem[];
  checkSimulation(design: ResolvedDesign, simulation: ResolvedSimulation): readonly OptionProblem[];
  toolQuestions(
    design: ResolvedDesign,
    python: PythonEnvironment,
    variables: Readonly<Record<string, string | undefined>>,
  ): readonly ToolQuestion[];
  /** Variables that the tools read and that are part of a build's identity (CXX, CXXFLAGS, VERILATOR_ROOT, ...). */
  readonly identityVariables: readonly string[];
  runtimePlan(context: Omit<CompileContext, 'runtime'>): RuntimePlan | undefined;
  compilePlan(context: CompileContext): CompilePlan;
  simulationPlan(context: SimulationContext): SimulationPlan;
  /** Environment variables for cocotb that only this simulator needs (COCOTB_TRUST_INERTIAL_WRITES, ...). */
  simulationEnv(design: ResolvedDesign): Environment;
  /** Puts the simulator's own first error first: the lines of a compile log worth showing. */
  pickErrors(log: string): string;
  /** Errors that the tool prints and yet reports success, from a compile's log; undefined when there are none, or when it has no such errors. */
  findHiddenErrors?(log: string, design: ResolvedDesign): string | undefined;
}
