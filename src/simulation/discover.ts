/** Which cocotb tests a simulation's modules have, and which of them it selects. */
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readVariables } from '../options/variables.ts';
import { discoverTests, type DiscoveredTest } from '../python/discovery.ts';
import { findPython } from '../python/environment.ts';
import { isFullName } from './environment.ts';

/**
 * The tests that `simulation` selects by `testcase` or `testFilter`, in the order in which cocotb runs them.
 *
 * @throws PythonNotFound, DiscoveryFailed
 */
export async function discoverCocotbTests(
  design: ResolvedDesign,
  simulation: ResolvedSimulation,
): Promise<readonly DiscoveredTest[]> {
  const python = await findPython({
    variables: readVariables(),
    cwd: design.cwd,
    ...(design.python === undefined ? {} : { python: design.python }),
  });
  const discovery = await discoverTests(python, {
    modules: simulation.testModules,
    pythonPath: simulation.pythonPath,
    extraEnv: { COCOTB_TOPLEVEL: simulation.toplevel, ...simulation.extraEnv },
    cacheFolder: path.join(design.simBuild, 'discovery'),
  });
  if (discovery.state === 'needs-simulation') throw new Error(discovery.reason);
  return discovery.tests.filter((test) => isSelected(test, simulation));
}

function isSelected({ name, fullName }: DiscoveredTest, { testcases, testFilter, testModules }: ResolvedSimulation) {
  if (testFilter !== undefined) return new RegExp(testFilter).test(fullName);
  if (testcases.length === 0) return true;
  return testcases.some((testcase) => (isFullName(testcase, testModules) ? testcase === fullName : testcase === name));
}
