/** The other process of `fixtures/discover-now.ts`: answers each question with the tests found or the error. */
import { resolveDesign } from '../options/resolve-design.ts';
import { resolveSimulation } from '../options/resolve-simulation.ts';
import type { DesignOptions } from '../options/design.ts';
import type { SimulationOptions } from '../options/simulation.ts';
import { readVariables } from '../options/variables.ts';
import { answerQuestions } from '../process/answer.ts';
import type { DiscoveredTest } from '../python/discovery.ts';
import { discoverCocotbTests } from './discover.ts';
import { takeFields, type ErrorFields } from './error-fields.ts';

/** What is asked: the options as the user gave them. */
export interface DiscoveryQuestion {
  readonly design: DesignOptions;
  readonly simulation: SimulationOptions;
}

export type DiscoveryAnswer = { readonly tests: readonly DiscoveredTest[] } | { readonly error: ErrorFields };

await answerQuestions<DiscoveryQuestion>(async (question, signal): Promise<DiscoveryAnswer> => {
  try {
    const design = resolveDesign(question.design, readVariables());
    const simulation = resolveSimulation(question.simulation, design, readVariables());
    return { tests: await discoverCocotbTests(design, simulation, signal) };
  } catch (error) {
    return { error: takeFields(error) };
  }
});
