/** Runs simulations of one design: builds it first if need be, waits for a free core, gives each run its folder and seed, and records waves of what failed. */
import { join } from 'node:path';
import { ensureBuild, type Build } from '../build/build.ts';
import type { ResolvedDesign } from '../options/design.ts';
import { currentRun } from '../options/run-identity.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { simulateModule } from './module.ts';
import { seedOf } from './prepare.ts';
import type { SimulationResult } from './result.ts';
import { makeRunFolder } from './run-folder.ts';
import { noteRunFolder } from './run-notes.ts';
import { simulate } from './simulate.ts';
import { withPlace } from './cores.ts';

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

/** What a caller knows of many tests in one simulation. */
export interface ModuleRun {
  readonly title: string;
  /** Full names, in cocotb's order. */
  readonly tests: readonly string[];
  /** Limit of one test, ms. */
  readonly limitOf: (fullName: string) => number;
  readonly signal: AbortSignal;
  /** Called once for each test. */
  readonly onResult: (fullName: string, result: SimulationResult) => void;
}

/** One design and one spec file. */
export class DesignSession {
  readonly design: ResolvedDesign;
  readonly #spec: string;
  readonly #builds = new Map<boolean, Promise<Build>>();
  /** Whether the main process knows where coverage is. */
  #isNoted = false;

  constructor(design: ResolvedDesign, spec: string) {
    this.design = design;
    this.#spec = spec;
    // Makes the run's id known to what this process starts and to the build.
    currentRun();
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

  #makeFolder(title: string): string {
    const runs = join(this.design.simBuild, 'runs');
    const { id } = currentRun();
    if (this.design.coverage && !this.#isNoted) {
      this.#isNoted = true;
      noteRunFolder(join(runs, id));
    }
    return makeRunFolder(runs, id, this.#spec, title);
  }

  /**
   * Runs one simulation. Waves `'on-failure'`: one that failed is run again, same seed, on the tracing build; its waves are the result's,
   * or the reason why there are none.
   *
   * @throws BuildFailed and what else `ensureBuild` throws. How the simulation ended is in the result, never an error.
   */
  async run(simulation: ResolvedSimulation, run: SessionRun): Promise<SimulationResult> {
    const seeded = { ...simulation, seed: seedOf(simulation), timeout: run.limit };
    const result = await this.#runOnce(seeded, run, needsTrace(simulation));
    return this.#withWaves(result, seeded, run);
  }

  /**
   * Runs cocotb tests in one simulation and gives each one's result as soon as it is known, with waves as `run` has them. If the simulation dies,
   * the tests not yet run go on in a new one.
   *
   * @throws BuildFailed and what else `ensureBuild` throws.
   */
  async runModule(simulation: ResolvedSimulation, run: ModuleRun): Promise<void> {
    const seeded = { ...simulation, testcases: [], testFilter: undefined, seed: seedOf(simulation) };
    const build = await this.build(run.signal, needsTrace(simulation));
    const told: Promise<void>[] = [];
    await withPlace(run.signal, () =>
      simulateModule(build, seeded, {
        tests: run.tests,
        limitOf: run.limitOf,
        signal: run.signal,
        folderOf: (count) => this.#makeFolder(count === 1 ? run.title : `${run.title} ${count}`),
        onResult: (fullName, result) => {
          const alone = { ...seeded, testcases: [fullName], areFullNames: true, timeout: run.limitOf(fullName) };
          const { signal } = run;
          const title = `${run.title} ${fullName}`;
          const whole = this.#withWaves(result, alone, { title, limit: alone.timeout, signal });
          told.push(whole.then((value) => run.onResult(fullName, value)));
        },
      }),
    );
    await Promise.all(told);
  }

  async #withWaves(result: SimulationResult, seeded: ResolvedSimulation, run: SessionRun): Promise<SimulationResult> {
    if (seeded.waves !== 'on-failure' || !isWorthWaves(result)) return result;
    try {
      const traced = await this.#runOnce({ ...seeded, waves: true }, { ...run, title: `${run.title} waves` }, true);
      if (traced.verdict.kind !== 'could-not-start') return { ...result, wavesFile: traced.wavesFile };
      return { ...result, noWavesReason: traced.verdict.message };
    } catch (error) {
      // Such as a build that doesn't compile with tracing: what failed is still the test.
      return { ...result, noWavesReason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #runOnce(simulation: ResolvedSimulation, run: SessionRun, trace: boolean): Promise<SimulationResult> {
    const build = await this.build(run.signal, trace);
    return withPlace(run.signal, () =>
      simulate(build, simulation, {
        directory: this.#makeFolder(run.title),
        signal: run.signal,
        ...(run.expected === undefined ? {} : { expected: run.expected }),
      }),
    );
  }
}

function needsTrace({ waves, gui }: ResolvedSimulation): boolean {
  return waves === true || gui;
}

/** A failing test has waves to look at; one that never ran has none. */
function isWorthWaves({ verdict }: SimulationResult): boolean {
  return ['failed', 'crashed', 'timed-out', 'results-cut-short'].includes(verdict.kind);
}
