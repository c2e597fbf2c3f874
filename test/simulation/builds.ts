/** The design on which simulations are tried, built once for all test files, and simulations of it. */
import path from 'node:path';
import { dir } from 'tmp-promise';
import { ensureBuild, type Build } from '../../src/build/build.ts';
import type { DesignOptions } from '../../src/options/design.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { simulate, type SimulateOptions } from '../../src/simulation/simulate.ts';
import type { SimulationResult } from '../../src/simulation/result.ts';
import { pythonOfTests, root } from '../support/project.ts';

export const designs = path.join(import.meta.dirname, 'designs');

/** The checkout's own: builds are kept from one run of the tests to the next, and Verilator's runtime is shared with the examples. */
const simBuild = path.join(root, 'sim_build');

export type Tried = 'verilator' | 'icarus';

/** The probe design; a variant is a build of its own. */
export async function buildProbe(
  simulator: Tried,
  { defines, ...variant }: Partial<DesignOptions> = {},
): Promise<Build> {
  const design = resolveDesign(
    {
      toplevel: 'probe',
      sources: [
        path.join(designs, 'probe.sv'),
        ...(simulator === 'verilator' ? [path.join(designs, 'probe.cpp')] : []),
      ],
      defines: { IMAGE: JSON.stringify(path.join(designs, 'image.hex')), ...defines },
      simulator,
      simBuild,
      python: pythonOfTests(),
      ...variant,
    },
    process.env,
  );
  return ensureBuild(design);
}

/** Options of a simulation of the probe, resolved. */
export function probeOptions(build: Build, options: Partial<SimulationOptions>) {
  return resolveSimulation({ testModule: 'test_probe', pythonPath: [designs], seed: 7, ...options }, build.design, {
    ...process.env,
    COCOTB_TEST_FILTER: undefined,
  });
}

/** Runs tests of the probe in a folder of their own below `folder`. */
export async function simulateProbe(
  build: Build,
  directory: string,
  options: Partial<SimulationOptions>,
  more: Partial<SimulateOptions> = {},
): Promise<SimulationResult> {
  return simulate(build, probeOptions(build, options), { directory, ...more });
}

/** A scratch folder for the runs of one test file. */
export async function scratchFolder(): Promise<{ path: string; cleanup: () => Promise<void> }> {
  return dir({ unsafeCleanup: true, prefix: 'mocha-cocotb-simulation-' });
}
