/** The other process of `fixtures/discover-now.ts`: answers with the tests found or the error. */
import { MochaCocotbError } from '../errors.ts';
import { resolveDesign } from '../options/resolve-design.ts';
import { resolveSimulation } from '../options/resolve-simulation.ts';
import type { DesignOptions } from '../options/design.ts';
import type { SimulationOptions } from '../options/simulation.ts';
import { readVariables } from '../options/variables.ts';
import { answerSync } from '../process/run-sync.ts';
import { discoverCocotbTests } from './discover.ts';

/** What is asked: the options as the user gave them. */
export interface DiscoveryQuestion {
  readonly design: DesignOptions;
  readonly simulation: SimulationOptions;
}

await answerSync<DiscoveryQuestion>(async (question, signal) => {
  const design = resolveDesign(question.design, readVariables());
  const simulation = resolveSimulation(question.simulation, design, readVariables());
  try {
    return { tests: await discoverCocotbTests(design, simulation, signal) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof MochaCocotbError ? error.code : undefined;
    return { error: { name, message, stack, code } };
  }
});
