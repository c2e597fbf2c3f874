/** The other process of `fixtures/discover-now.ts`: reads a question from stdin, writes the tests found or the error to stdout, as JSON. */
import { text } from 'node:stream/consumers';
import { MochaCocotbError } from '../errors.ts';
import { resolveDesign } from '../options/resolve-design.ts';
import { resolveSimulation } from '../options/resolve-simulation.ts';
import type { DesignOptions } from '../options/design.ts';
import type { SimulationOptions } from '../options/simulation.ts';
import { readVariables } from '../options/variables.ts';
import { discoverCocotbTests } from './discover.ts';

/** What is asked: the options as the user gave them. */
export interface DiscoveryQuestion {
  readonly design: DesignOptions;
  readonly simulation: SimulationOptions;
}

const question = JSON.parse(await text(process.stdin)) as DiscoveryQuestion;
const design = resolveDesign(question.design, readVariables());
const simulation = resolveSimulation(question.simulation, design, readVariables());
try {
  process.stdout.write(JSON.stringify({ tests: await discoverCocotbTests(design, simulation) }));
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof MochaCocotbError ? error.code : undefined;
  process.stdout.write(JSON.stringify({ error: { name, message, stack, code } }));
}
