/** Runs one simulation of a build. */
import { readFileSync } from 'node:fs';
import type { Build } from '../build/build.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readTail } from '../process/tail.ts';
import { holdPythonEnvironment } from '../python/hold.ts';
import { launchCold } from './cold.ts';
import type { LaunchOutcome } from './launch.ts';
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
}

/** Never rejects because of how the simulation ended: that is the verdict. */
export async function simulate(
  build: Build,
  simulation: ResolvedSimulation,
  options: SimulateOptions,
): Promise<SimulationResult> {
  const start = performance.now();
  await holdPythonEnvironment(build.python);
  const prepared = prepareSimulation(build, simulation, options.directory);
  const outcome = await launch(prepared, options.signal);
  return concludeSimulation(prepared, outcome, { start, expected: options.expected ?? [] });
}

async function launch(prepared: PreparedSimulation, signal: AbortSignal | undefined): Promise<LaunchOutcome> {
  const { launch } = prepared.simulation;
  if (launch === 'cold') return launchCold(prepared, signal);
  const impossible = whyNotWarm(prepared);
  const outcome =
    impossible === undefined ? await launchWarm(prepared, signal) : ({ state: 'refused', reason: impossible } as const);
  if (outcome.state !== 'refused') return outcome;
  if (launch === 'auto') return launchCold(prepared, signal, outcome.reason);
  return {
    state: 'not-started',
    launch: 'warm',
    coldReason: undefined,
    message: `Simulation can't start warm, as launch: 'warm' asks for: ${outcome.reason}. Leave launch at 'auto'.`,
  };
}

async function concludeSimulation(
  prepared: PreparedSimulation,
  outcome: LaunchOutcome,
  { start, expected }: { start: number; expected: readonly string[] },
): Promise<SimulationResult> {
  const { plan, resultsFile, logFile } = prepared;
  const results = await parseResults(readIfThere(resultsFile));
  const readLog = () => readTail(logFile);
  const verdict = await reachVerdict(prepared, outcome, results, expected, readLog);
  return {
    verdict,
    tests: results.state === 'complete' ? results.tests : [],
    directory: prepared.directory,
    logFile,
    resultsFile,
    wavesFile: plan.wavesFile,
    coverageFile: plan.coverageFile,
    reproduce: prepared.reproduce,
    seed: prepared.seed,
    wallTime: performance.now() - start,
    cpuTime: outcome.state === 'ended' ? outcome.cpuTime : undefined,
    peakMemory: outcome.state === 'ended' ? outcome.peakMemory : undefined,
    launch: outcome.launch,
    coldReason: outcome.coldReason,
    logTail: verdict.kind === 'passed' ? '' : await readLog(),
  };
}

async function reachVerdict(
  { simulation, logFile, resultsFile }: PreparedSimulation,
  outcome: LaunchOutcome,
  results: Results,
  expected: readonly string[],
  readLog: () => Promise<string>,
): Promise<Verdict> {
  if (outcome.state === 'not-started') return { kind: 'could-not-start', message: outcome.message };
  return judge({
    end: outcome.end,
    results,
    // Complete results need no explanation from the log.
    logTail: results.state === 'complete' ? '' : await readLog(),
    logFile,
    resultsFile,
    testModules: simulation.testModules,
    testcases: simulation.testcases,
    expected,
    limit: simulation.timeout,
  });
}

/** Read at once: for a file this small the way through the thread pool takes several times as long. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
