/** Runs simulations of one design: builds it first if need be, waits for a free core, gives each run its folder and seed, and records waves of what failed. */
import { join } from 'node:path';
import { ensureBuild, type Build } from '../build/build.ts';
import type { ResolvedDesign } from '../options/design.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { SimulationResult } from './result.ts';
import { makeRunFolder } from './run-folder.ts';
import { currentRun } from './run-identity.ts';
import { deriveSeed } from './seeds.ts';
import { simulate } from './simulate.ts';
import { withFreeCore } from './cores.ts';

/** What a caller knows of one run beyond its simulation options. */
export interface SessionRun {
  /** Full title of the test; names the run folder. */
  readonly title: string;
  /** Limit of the simulation's own time, ms; waiting for the build or for a core does not count. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Full names of the cocotb tests that must be in the results. */
  readonly expected?: readonly string[];
}

/** One design and one spec file. */
export class DesignSession {
  readonly design: ResolvedDesign;
  readonly #spec: string;
  readonly #builds = new Map<boolean, Promise<Build>>();

  constructor(design: ResolvedDesign, spec: string) {
    this.design = design;
    this.#spec = spec;
  }

  /**
   * The design's build, compiled by the first who asks. A second call gives the same build, or the same error.
   *
   * @param trace - Whether it must record waves.
   */
  async build(signal: AbortSignal, trace: boolean): Promise<Build> {
    let build = this.#builds.get(trace);
    if (build === undefined) {
      build = ensureBuild(this.design, { signal, trace });
      this.#builds.set(trace, build);
    }
    return build;
  }

  /** Makes the folder of a run of this session's spec. */
  makeFolder(title: string): string {
    return makeRunFolder(join(this.design.simBuild, 'runs'), currentRun().id, this.#spec, title);
  }

  /** Seed for tests of this name, if the user gave none. */
  seedOf(simulation: ResolvedSimulation): number {
    const name = [...simulation.testModules, ...simulation.testcases, simulation.testFilter ?? ''].join(' ').trim();
    return simulation.seed ?? deriveSeed(currentRun().baseSeed, name);
  }

  /**
   * Runs one simulation. Waves `'on-failure'`: one that failed is run again, same seed, on the tracing build; its waves are the result's.
   *
   * @throws BuildFailed and what else `ensureBuild` throws. How the simulation ended is in the result, never an error.
   */
  async run(simulation: ResolvedSimulation, run: SessionRun): Promise<SimulationResult> {
    const seeded = { ...simulation, seed: this.seedOf(simulation), timeout: run.limit };
    const result = await this.#runOnce(seeded, run, simulation.waves === true || simulation.gui);
    if (simulation.waves !== 'on-failure' || !isWorthWaves(result)) return result;
    const traced = await this.#runOnce({ ...seeded, waves: true }, { ...run, title: `${run.title} waves` }, true);
    return { ...result, wavesFile: traced.wavesFile };
  }

  async #runOnce(simulation: ResolvedSimulation, run: SessionRun, trace: boolean): Promise<SimulationResult> {
    const build = await this.build(run.signal, trace);
    return withFreeCore(run.signal, () =>
      simulate(build, simulation, {
        directory: this.makeFolder(run.title),
        signal: run.signal,
        ...(run.expected === undefined ? {} : { expected: run.expected }),
      }),
    );
  }
}

/** A failing test has waves to look at; one that never ran has none. */
function isWorthWaves({ verdict }: SimulationResult): boolean {
  return ['failed', 'crashed', 'timed-out', 'results-cut-short'].includes(verdict.kind);
}
