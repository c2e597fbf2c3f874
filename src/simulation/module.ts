/** Runs many cocotb tests in one simulation, as isolation 'module' has it, and gives each test's result as soon as it is known. */
import type { Build } from '../build/build.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { longestTimer } from '../process/run.ts';
import { readTail } from '../process/tail.ts';
import type { TestEvent } from './launch.ts';
import type { SimulationResult, TestResult, Verdict } from './result.ts';
import { parseResults } from './results.ts';
import { simulate } from './simulate.ts';

export interface SimulateModuleOptions {
  /** Full names of the tests to run, in cocotb's order; one that cocotb runs twice is named twice. */
  readonly tests: readonly string[];
  /** Run folder of the nth simulation (from 1): of a second one only if the first died. */
  readonly folderOf: (count: number) => string;
  /** Time limit of one test, ms; waiting for a core or a server of warm starts does not count. @defaultValue the simulation's `timeout` */
  readonly limitOf?: (fullName: string) => number;
  readonly signal?: AbortSignal;
  /**
   * Called once for each name in `tests`. The result is that of its simulation, but for `tests`, which is this one, if it came to a result, and the verdict, which is on
   * this test alone. The last test's waits for the end of the simulation, so that an unclean end isn't lost.
   */
  readonly onResult: (fullName: string, result: SimulationResult) => void;
}

/**
 * Runs all tests in one simulation. If that dies or a test outlasts its limit, the test that was running has that verdict, and those not yet run
 * go on in a new simulation.
 *
 * @returns The simulations, each as a whole.
 */
export async function simulateModule(
  build: Build,
  simulation: ResolvedSimulation,
  options: SimulateModuleOptions,
): Promise<readonly SimulationResult[]> {
  const simulations: SimulationResult[] = [];
  let remaining = options.tests;
  while (remaining.length > 0) {
    const round = new Round(remaining, simulation, options);
    const whole = await round.run(build, options.folderOf(simulations.length + 1));
    simulations.push(whole);
    if (!round.hasProgressed || options.signal?.aborted) {
      // Nothing was run, so that nothing would be the next time: this is the answer for all.
      for (const name of round.remaining) options.onResult(name, { ...whole, tests: [] });
      break;
    }
    remaining = round.remaining;
  }
  return simulations;
}

/** One of the simulations. */
class Round {
  readonly #tests: readonly string[];
  /** Those that nothing was told about. */
  readonly #remaining: string[];
  readonly #simulation: ResolvedSimulation;
  readonly #options: SimulateModuleOptions;
  readonly #started = new Set<string>();
  readonly #stop = new AbortController();
  #running: string | undefined;
  #expired: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #events = Promise.resolve();
  /** A result until the end of the simulation confirms it, or explains it: the last one, and one with which the HDL ends the simulation. */
  #held: TestResult | undefined;

  constructor(tests: readonly string[], simulation: ResolvedSimulation, options: SimulateModuleOptions) {
    this.#tests = tests;
    this.#remaining = [...tests];
    this.#simulation = simulation;
    this.#options = options;
  }

  /** Tests that nothing was told about. */
  get remaining(): readonly string[] {
    return this.#remaining;
  }

  get hasProgressed(): boolean {
    return this.#remaining.length < this.#tests.length;
  }

  async run(build: Build, directory: string): Promise<SimulationResult> {
    const { signal } = this.#options;
    try {
      const ended = await simulate(
        build,
        {
          ...this.#simulation,
          testcases: [...new Set(this.#tests)],
          areFullNames: true,
          testFilter: undefined,
          timeout: Infinity,
        },
        {
          directory,
          signal: signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]),
          // Until a test has started, the time is the first one's.
          onBegin: () => this.#startTimer(this.#tests[0]),
          onTest: (event, soFar) => {
            this.#events = this.#events.then(() => this.#hear(event, soFar));
          },
        },
      );
      await this.#events;
      const whole = { ...ended, verdict: this.#verdictOf(ended) };
      if (this.#held !== undefined) this.#tell(this.#held, whole);
      else if (this.#running !== undefined && !signal?.aborted) this.#tellOf(this.#running, { ...whole, tests: [] });
      return whole;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #hear(event: TestEvent, soFar: Omit<SimulationResult, 'verdict' | 'tests'>): Promise<void> {
    if ('started' in event) {
      // It was not the end, then: a test that raised SimFailure by itself.
      if (this.#held !== undefined) await this.#tellEarly(this.#held, soFar);
      this.#held = undefined;
      this.#started.add(event.started);
      this.#running = event.started;
      this.#startTimer(event.started);
      return;
    }
    const results = await parseResults(event.result);
    const test = results.state === 'complete' ? results.tests[0] : undefined;
    if (test === undefined) return;
    // When the HDL ends the simulation, cocotb fails all tests that come after without having run them. When we end it, Icarus lets cocotb fail the one that
    // outlasted its limit, too.
    const isFault = this.#started.has(test.fullName) && this.#expired === undefined;
    if (test.exceptionType === 'SimFailure' && !isFault) return;
    this.#running = undefined;
    // Told by an earlier simulation: of a test that is there twice, cocotb runs both again.
    if (!this.#remaining.includes(test.fullName)) return;
    if (this.#remaining.length > 1 && test.exceptionType !== 'SimFailure') await this.#tellEarly(test, soFar);
    else this.#held = test;
  }

  #startTimer(name: string | undefined): void {
    clearTimeout(this.#timer);
    const limit = (name === undefined ? undefined : this.#options.limitOf?.(name)) ?? this.#simulation.timeout;
    if (limit > longestTimer) return;
    this.#timer = setTimeout(() => {
      this.#expired = limit;
      this.#stop.abort();
    }, limit);
  }

  #verdictOf({ verdict }: SimulationResult): Verdict {
    if (verdict.kind !== 'aborted' || this.#expired === undefined) return verdict;
    const what = this.#running === undefined ? 'Simulation' : `Test ${this.#running}`;
    return {
      kind: 'timed-out',
      limit: this.#expired,
      message: `${what} not finished within its time limit of ${this.#expired} ms; the simulation was ended.`,
    };
  }

  /** Tells a result while the simulation goes on. */
  async #tellEarly(test: TestResult, soFar: Omit<SimulationResult, 'verdict' | 'tests'>): Promise<void> {
    const logTail = hasFailed(test) ? await readTail(soFar.logFile) : '';
    this.#tell(test, { ...soFar, logTail, verdict: { kind: 'passed' }, tests: [] });
  }

  /** Tells a result with a verdict on this test alone, unless the whole simulation ended badly with it. */
  #tell(test: TestResult, simulation: SimulationResult): void {
    const { verdict } = simulation;
    let own: Verdict = verdict;
    if (hasFailed(test)) own = { kind: 'failed', failed: 1, message: `${test.fullName} ${test.status}.` };
    else if (verdict.kind === 'failed') own = { kind: 'passed' };
    this.#tellOf(test.fullName, { ...simulation, verdict: own, tests: [test] });
  }

  #tellOf(fullName: string, result: SimulationResult): void {
    const place = this.#remaining.indexOf(fullName);
    if (place < 0) return;
    this.#remaining.splice(place, 1);
    this.#options.onResult(fullName, result);
  }
}

function hasFailed({ status }: TestResult): boolean {
  return status === 'failed' || status === 'errored';
}
