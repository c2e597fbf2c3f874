/** Definitions that the simulator in use takes as a whole: what it would ignore is refused before any work. */
import type { DesignOptions, ResolvedDesign } from '../options/design.ts';
import { OptionError } from '../options/option-error.ts';
import { resolveDesign } from '../options/resolve-design.ts';
import { resolveSimulation } from '../options/resolve-simulation.ts';
import type { ResolvedSimulation, SimulationOptions } from '../options/simulation.ts';
import type { Variables } from '../options/variables.ts';
import { simulatorFor, simulatorNamed } from './registry.ts';

/**
 * `resolveDesign`, and the design's simulator takes all of it.
 *
 * @throws OptionError
 */
export function defineSupportedDesign(options: DesignOptions, variables: Variables): ResolvedDesign {
  const design = resolveDesign(options, variables);
  simulatorFor(design);
  return design;
}

/**
 * `resolveSimulation`, and the design's simulator takes all of it.
 *
 * @throws OptionError
 */
export function defineSupportedSimulation(
  options: SimulationOptions,
  design: ResolvedDesign,
  variables: Variables,
): ResolvedSimulation {
  const simulation = resolveSimulation(options, design, variables);
  const problems = simulatorNamed(design.simulator).checkSimulation(design, simulation);
  if (problems.length > 0) throw new OptionError(problems, `a simulation of ${design.toplevel}`);
  return simulation;
}
