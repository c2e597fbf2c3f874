/** Which cocotb tests a simulation's modules have, and which of them it selects. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureBuild, type Build } from '../build/build.ts';
import type { ResolvedDesign } from '../options/design.ts';
import { currentRun } from '../options/run-identity.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { announceLongWork } from '../process/long-work.ts';
import { runCommand } from '../process/run.ts';
import { readTail } from '../process/tail.ts';
import { discoverTests, recallTests, type DiscoveredTest, type DiscoveryRequest } from '../python/discovery.ts';
import { DiscoveryFailed } from '../python/errors.ts';
import { holdPythonEnvironment } from '../python/hold.ts';
import { findPython, recallPython, type FindPythonOptions } from '../python/environment.ts';
import { isNamed } from './environment.ts';
import { prepareSimulation } from './prepare.ts';
import { listingCommand } from './python-users.ts';
import { findStartException } from './verdict.ts';

/**
 * The tests that `simulation` selects by `testcase` or `testFilter`, in the order in which cocotb runs them.
 *
 * A module that reads the simulator's objects at import needs the design built: its tests are listed in a simulation.
 *
 * @throws PythonNotFound, DiscoveryFailed, OptionError for a `testFilter` that Python can't read, and what `ensureBuild` throws if a simulation is needed.
 */
export async function discoverCocotbTests(
  design: ResolvedDesign,
  simulation: ResolvedSimulation,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly DiscoveredTest[]> {
  const python = await findPython(pythonOf(design));
  const discovery = await discoverTests(python, { ...requestOf(design, simulation), signal });
  const tests =
    discovery.state === 'found'
      ? discovery.tests
      : await listInSimulation(await ensureBuild(design, { signal }), simulation, signal);
  return tests.filter((test) => isSelected(test, simulation));
}

/** The same without a promise and without a process: undefined unless they were discovered before, outside a simulation, and nothing changed since. */
export function recallCocotbTests(
  design: ResolvedDesign,
  simulation: ResolvedSimulation,
): readonly DiscoveredTest[] | undefined {
  const python = recallPython(pythonOf(design));
  const discovery = python && recallTests(python, requestOf(design, simulation));
  return discovery?.state === 'found' ? discovery.tests.filter((test) => isSelected(test, simulation)) : undefined;
}

function pythonOf(design: ResolvedDesign): FindPythonOptions {
  return { cwd: design.cwd, ...(design.python === undefined ? {} : { python: design.python }) };
}

function requestOf(design: ResolvedDesign, simulation: ResolvedSimulation): DiscoveryRequest {
  return {
    modules: simulation.testModules,
    ...(simulation.testFilter === undefined ? {} : { testFilter: simulation.testFilter }),
    pythonPath: simulation.pythonPath,
    extraEnv: { COCOTB_TOPLEVEL: simulation.toplevel, ...simulation.extraEnv },
    cacheFolder: path.join(design.simBuild, 'discovery'),
    ...(simulation.testDir === undefined ? {} : { cwd: simulation.testDir }),
  };
}

async function listInSimulation(
  build: Build,
  simulation: ResolvedSimulation,
  signal: AbortSignal,
): Promise<readonly DiscoveredTest[]> {
  await holdPythonEnvironment(build.python, signal);
  const { dir } = await import('tmp-promise');
  // Among the run's simulations, so that what a killed process leaves is where people look for it.
  const runFolder = path.join(build.design.simBuild, 'runs', currentRun().id);
  await mkdir(runFolder, { recursive: true });
  const scratch = await dir({ unsafeCleanup: true, prefix: 'discovery', tmpdir: runFolder });
  try {
    const whole = { ...simulation, testcases: [], testDir: undefined, waves: false, gui: false };
    const { plan, logFile } = prepareSimulation(build, whole, scratch.path);
    const listFile = path.join(scratch.path, 'tests.json');
    const endNotice = announceLongWork(`importing ${simulation.testModules.join(', ')} in a simulation`);
    const { timedOut } = await runCommand(listingCommand(plan.command, listFile), {
      logFile,
      timeout: simulation.timeout,
      signal,
    }).finally(endNotice);
    signal.throwIfAborted();
    const list = await readFile(listFile, 'utf8').catch(() => undefined);
    if (list !== undefined) return JSON.parse(list) as DiscoveredTest[];
    const log = await readTail(logFile);
    const exception = findStartException(log);
    throw new DiscoveryFailed(
      simulation.testModules.join(', '),
      timedOut
        ? `no list of tests within ${simulation.timeout} ms`
        : (exception?.text ?? 'the simulation that lists its tests gave none'),
      exception?.traceback ?? log,
      simulation.pythonPath,
    );
  } finally {
    await scratch.cleanup();
  }
}

/** By `testcase`; what `testFilter` leaves out, Python has left out: its regular expressions are not JavaScript's. */
function isSelected(test: DiscoveredTest, simulation: ResolvedSimulation) {
  const { testcases } = simulation;
  return testcases.length === 0 || testcases.some((testcase) => isNamed(test, testcase, simulation));
}
