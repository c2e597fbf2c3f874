/** The other process of `fixtures/discover-now.ts`: answers each question with the tests found or the error. */
import type { ResolvedDesign } from '../options/design.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { answerQuestions } from '../process/answer.ts';
import type { DiscoveredTest } from '../python/discovery.ts';
import { discoverCocotbTests } from './discover.ts';
import { takeFields, type ErrorFields } from './error-fields.ts';

/** What is asked. */
export interface DiscoveryQuestion {
  readonly design: ResolvedDesign;
  readonly simulation: ResolvedSimulation;
}

export type DiscoveryAnswer = { readonly tests: readonly DiscoveredTest[] } | { readonly error: ErrorFields };

await answerQuestions<DiscoveryQuestion>(async ({ design, simulation }, signal): Promise<DiscoveryAnswer> => {
  try {
    return { tests: await discoverCocotbTests(design, simulation, signal) };
  } catch (error) {
    return { error: takeFields(error) };
  }
});
