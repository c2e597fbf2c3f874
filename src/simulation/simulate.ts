/** Runs one simulation of a build. */
import { readFileSync } from 'node:fs';
import type { Build } from '../build/build.ts';
import { isGone } from '../filesystem/lock-file-system.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readTail } from '../process/tail.ts';
import { holdPythonEnvironment } from '../python/hold.ts';
import { launchCold } from './cold.ts';
import type { Launch, LaunchOptions, LaunchOutcome, TestEvent } from './launch.ts';
import { prepareSimulation, type PreparedSimulation } from './prepare.ts';
import type { SimulationResult, Verdict } from './result.ts';
import { parseResults, type Results } from './results.ts';
import { judge } from './verdict.ts';
import { launchWarm, whyNotWarm } from './warm.ts';

export interface SimulateOptions {
  /** Absolute path of the run folder, made new by this call. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** Names the tests whose results the caller expects; one that is missing from results.xml makes the verdict `results-cut-short`. */
  readonly expected?: readonly string[];
  /** Called when the simulation itself begins, after all waiting for the Python environment, a core or a server of warm starts. */
  readonly onBegin?: () => void;
  /** Called when a test starts and when its result is known, with what is known of the simulation. */
  readonly onTest?: (event: TestEvent, soFar: Omit<SimulationResult, 'verdict' | 'tests'>) => void;
}

/** Never rejects because of how the simulation ended: that is the verdict. */
export async function simulate(
  build: Build,
  simulation: ResolvedSimulation,
  { directory, expected = [], signal, onBegin, onTest }: SimulateOptions,
): Promise<SimulationResult> {
  const start = performance.now();
  await holdPythonEnvironment(build.python, signal).catch((error: unknown) => {
    // That it was aborted meanwhile is for the launch to tell.
    if (signal?.aborted !== true) throw error;
  });
  const prepared = prepareSimulation(build, simulation, directory);
  const outcome = await launch(prepared, {
    signal,
    onBegin,
    onTest:
      onTest &&
      ((event, how) => {
        onTest(event, describeRun(prepared, how, start));
      }),
  });
  const results = await parseResults(readIfThere(prepared.resultsFile));
  const { coverageFile } = prepared.plan;
  if (coverageFile !== undefined) {
    // Few designs collect coverage; the others' start is quicker without it.
    const { anchorCoverage } = await import('./merge-coverage.ts');
    await anchorCoverage(coverageFile, build.design.cwd);
  }
  const verdict = await reachVerdict(prepared, outcome, results, expected);
  return {
    ...describeRun(prepared, outcome, start),
    verdict,
    tests: results.state === 'complete' ? results.tests : [],
    ...(outcome.state === 'ended' ? resourcesOf(outcome, start) : {}),
    logTail: verdict.kind === 'passed' ? '' : await readTail(prepared.logFile),
  };
}

function resourcesOf(
  { wallTime, cpuTime, peakMemory }: Extract<LaunchOutcome, { state: 'ended' }>,
  start: number,
): Pick<SimulationResult, 'wallTime' | 'cpuTime' | 'peakMemory'> {
  return { wallTime: wallTime ?? performance.now() - start, cpuTime, peakMemory };
}

async function launch(prepared: PreparedSimulation, options: LaunchOptions): Promise<LaunchOutcome> {
  const { launch } = prepared.simulation;
  if (launch === 'cold') return launchCold(prepared, options);
  const impossible = whyNotWarm(prepared);
  const outcome =
    impossible === undefined
      ? await launchWarm(prepared, options)
      : ({ state: 'refused', reason: impossible } as const);
  if (outcome.state !== 'refused') return outcome;
  if (launch === 'auto') return launchCold(prepared, options, outcome.reason);
  return {
    state: 'not-started',
    launch: 'warm',
    coldReason: undefined,
    message: `Simulation can't start warm, as launch: 'warm' asks for: ${outcome.reason}. Leave launch at 'auto'.`,
  };
}

function describeRun(
  { plan, directory, logFile, resultsFile, reproduce, seed }: PreparedSimulation,
  { launch, coldReason }: Launch,
  start: number,
): Omit<SimulationResult, 'verdict' | 'tests'> {
  return {
    directory,
    logFile,
    resultsFile,
    wavesFile: plan.wavesFile,
    noWavesReason: undefined,
    coverageFile: plan.coverageFile,
    reproduce,
    seed,
    wallTime: performance.now() - start,
    cpuTime: undefined,
    peakMemory: undefined,
    launch,
    coldReason,
    logTail: '',
  };
}

async function reachVerdict(
  { simulation, logFile, resultsFile }: PreparedSimulation,
  outcome: LaunchOutcome,
  results: Results,
  expected: readonly string[],
): Promise<Verdict> {
  if (outcome.state === 'not-started') return { kind: 'could-not-start', message: outcome.message };
  return judge({
    end: outcome.end,
    results,
    // Complete results need no explanation from the log.
    logTail: results.state === 'complete' ? '' : await readTail(logFile),
    resultsFile,
    named: simulation,
    expected,
    limit: simulation.timeout,
  });
}

/** Read at once: for a file this small the way through the thread pool takes several times as long. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
