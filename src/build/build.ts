/** A published build, and the one way to get it. (Contract; see H4.) */
import type { ResolvedDesign } from '../options/design.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import type { Simulator, Toolchain } from '../simulators/simulator.ts';

export interface Build {
  /** Digest of everything that went into it; also the name of its folder. */
  readonly id: string;
  /** Absolute path of the published, immutable folder. */
  readonly directory: string;
  readonly design: ResolvedDesign;
  readonly simulator: Simulator;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  /** Built with tracing. */
  readonly trace: boolean;
  /** Whether this call compiled it. */
  readonly compiled: boolean;
  /** ms that this call spent compiling, waiting included. */
  readonly wallTime: number;
  readonly logFile: string;
}

export interface EnsureBuildOptions {
  readonly signal?: AbortSignal;
  /** Build the tracing twin. @defaultValue design.waves === true */
  readonly trace?: boolean;
}

/**
 * The build of a design: the published one if nothing that it was made of changed (no process is started then), else compiled once, by whoever asks first.
 *
 * @throws BuildFailed with the simulator's own message first; BuildInputChanged; PythonNotFound; ToolNotFound; ToolTooOld; OptionError
 */
export declare function ensureBuild(design: ResolvedDesign, options?: EnsureBuildOptions): Promise<Build>;
