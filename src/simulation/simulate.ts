/** Runs one simulation of a build. */
import { readFile } from 'node:fs/promises';
import type { Build } from '../build/build.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readTail } from '../process/tail.ts';
import { launchCold } from './cold.ts';
import type { LaunchOutcome } from './launch.ts';
import { prepareSimulation, type PreparedSimulation } from './prepare.ts';
import type { SimulationResult, Verdict } from './result.ts';
import { parseResults } from './results.ts';
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
  const { simulation, plan, resultsFile, logFile } = prepared;
  const results = await parseResults(await readIfThere(resultsFile));
  const logTail = await readTail(logFile);
  const verdict: Verdict =
    outcome.state === 'not-started'
      ? { kind: 'could-not-start', message: outcome.message }
      : judge({
          end: outcome.end,
          results,
          logTail,
          logFile,
          resultsFile,
          testModules: simulation.testModules,
          testcases: simulation.testcases,
          expected,
          limit: simulation.timeout,
        });
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
    logTail: verdict.kind === 'passed' ? '' : logTail,
  };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
