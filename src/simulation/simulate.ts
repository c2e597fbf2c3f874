/** Runs one simulation of a build. (Contract; see H5.) */
import type { Build } from '../build/build.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { SimulationResult } from './result.ts';

export interface SimulateOptions {
  /** Absolute path of the run folder, made new by this call. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** Names the tests whose results the caller expects; one that is missing from results.xml makes the verdict `results-cut-short`. */
  readonly expected?: readonly string[];
}

/** Never rejects because of how the simulation ended: that is the verdict. */
export declare function simulate(
  build: Build,
  simulation: ResolvedSimulation,
  options: SimulateOptions,
): Promise<SimulationResult>;
