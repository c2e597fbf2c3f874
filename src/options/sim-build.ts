/** Where builds and runs are when no option says otherwise. */
import path from 'node:path';
import { variableText } from './variable-values.ts';
import type { Variables } from './variables.ts';

/**
 * Absolute path of the shared build folder that SIM_BUILD names, `sim_build` by default. What no design says is the user's at the prompt, so it is
 * relative to where the user is: one folder for all designs of a project.
 */
export function defaultSimBuild(variables: Variables): string {
  return path.resolve(variableText(variables, 'SIM_BUILD') ?? 'sim_build');
}
