/** What the texts of environment variables mean. */
import type { OptionProblem } from './option-error.ts';
import type { Variables } from './variables.ts';

/** Seeds have 32 bits: simulators take no more. */
export const largestSeed = 0xffff_ffff;

// The same words as cocotb_tools/_env.py, where case doesn't matter either.
const trueWords = ['1', 'yes', 'y', 'on', 'true', 'enable'];
const falseWords = ['0', 'no', 'n', 'off', 'false', 'disable'];

/** The text of a variable without the blanks around it; an empty one counts as not set, as in cocotb. */
export function variableText(variables: Variables, name: string): string | undefined {
  const value = variables[name]?.trim();
  return value === '' ? undefined : value;
}

/** The truth value of a variable such as WAVES, in cocotb's words; anything else is added to the problems. */
export function variableFlag(variables: Variables, name: string, problems: OptionProblem[]): boolean | undefined {
  const value = variableText(variables, name)?.toLowerCase();
  if (value === undefined) return undefined;
  if (trueWords.includes(value)) return true;
  if (!falseWords.includes(value)) {
    problems.push({
      option: `variable ${name}`,
      expected: `one of ${[...trueWords, ...falseWords].join(', ')}`,
      received: variables[name],
    });
  }
  return false;
}

/** Words of a command prefix or suffix: split at blanks, as cocotb's runner splits SIM_CMD_PREFIX. */
export function variableWords(variables: Variables, name: string): readonly string[] {
  return variableText(variables, name)?.split(/\s+/) ?? [];
}

/** Adds to the problems a variable that isn't an integer within limits, both included, which would otherwise pass for one not set. */
export function checkIntegerVariable(
  variables: Variables,
  name: string,
  { least, most = Number.MAX_SAFE_INTEGER }: { readonly least: number; readonly most?: number },
  problems: OptionProblem[],
): void {
  const value = variableText(variables, name);
  if (value === undefined || (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most)) return;
  problems.push({
    option: `variable ${name}`,
    expected: most === Number.MAX_SAFE_INTEGER ? `an integer >= ${least}` : `an integer from ${least} to ${most}`,
    received: value,
  });
}
