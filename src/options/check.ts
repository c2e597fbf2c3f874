/** A small declarative checker for options: each check lists what is wrong with a value. */
import { nearestName, type OptionProblem } from './option-error.ts';

/** Lists what is wrong with the value of the option named `at`. */
export type Check = (value: unknown, at: string) => readonly OptionProblem[];

/** A check for every option of a type: leaving one out doesn't compile. */
export type ChecksOf<Options> = { readonly [Name in keyof Options]-?: Check };

/** Checks each option that was given and refuses unknown ones. An option that is `undefined` counts as not given. */
export function checkOptions<Options>(
  options: unknown,
  checks: ChecksOf<Options>,
  required: readonly (keyof Options & string)[],
): readonly OptionProblem[] {
  if (!isRecord(options)) return [{ option: 'options', expected: 'an object', received: options }];
  const byName = checks as Readonly<Record<string, Check>>;
  const problems: OptionProblem[] = [];
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(byName, name) ? byName[name] : undefined;
    if (check === undefined) {
      const nearest = nearestName(name, Object.keys(byName));
      problems.push({ option: name, expected: 'a known option', received: value, nearest });
    } else if (value !== undefined) {
      problems.push(...check(value, name));
    }
  }
  const isMisspelt = (name: string) => problems.some(({ nearest }) => nearest === name);
  const missing = required.filter((name) => options[name] === undefined && !isMisspelt(name));
  return [
    ...missing.map((name) => ({ option: name, expected: 'a value, for it has no default', received: undefined })),
    ...problems,
  ];
}

/** The options that have none of the problems, so that the other checks can go on with them. */
export function soundOptions<Options extends object>(
  options: Options,
  problems: readonly OptionProblem[],
): Partial<Options> {
  if (!isRecord(options)) return {};
  const wrong = new Set(problems.map(({ option }) => /^\w+/.exec(option)?.[0]));
  return Object.fromEntries(Object.entries(options).filter(([name]) => !wrong.has(name))) as Partial<Options>;
}

/** A check by a predicate. */
export function matching(expected: string, isRight: (value: unknown) => boolean): Check {
  return (value, at) => (isRight(value) ? [] : [{ option: at, expected, received: value }]);
}

export const text: Check = matching('a string that is not empty', (value) => typeof value === 'string' && value !== '');
export const anyText: Check = matching('a string', (value) => typeof value === 'string');
export const flag: Check = matching('true or false', (value) => typeof value === 'boolean');
/** A time in ms; Infinity and -1 mean for ever. */
export const duration: Check = matching(
  'milliseconds > 0, or Infinity or -1 for no limit',
  (value) => typeof value === 'number' && (value > 0 || value === -1),
);

/** A whole number within limits, both included. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `>= ${least}` : `from ${least} to ${most}`;
  return matching(
    `an integer ${range}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  );
}

/** One of some words; a wrong one is answered with the nearest. */
export function oneOf(words: readonly (string | boolean)[]): Check {
  const names = words.filter((word) => typeof word === 'string');
  return (value, at) =>
    words.some((word) => word === value)
      ? []
      : [
          {
            option: at,
            expected: `one of ${words.join(', ')}`,
            received: value,
            nearest: typeof value === 'string' ? nearestName(value, names) : undefined,
          },
        ];
}

/** A list whose every element passes. */
export function listOf(element: Check): Check {
  return (value, at) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => element(item, `${at}[${index}]`))
      : [{ option: at, expected: 'a list', received: value }];
}

/** An object whose every key matches and whose every value passes. */
export function recordOf(name: { readonly pattern: RegExp; readonly expected: string }, element: Check): Check {
  return (value, at) => {
    if (!isRecord(value)) return [{ option: at, expected: 'an object', received: value }];
    return Object.entries(value).flatMap(([key, item]) =>
      name.pattern.test(key) ? element(item, `${at}.${key}`) : [{ option: at, expected: name.expected, received: key }],
    );
  };
}

/** The first check whose kind of value this is decides. */
export function whichever(
  ...choices: readonly { readonly when: (value: unknown) => boolean; readonly check: Check }[]
): (otherwise: string) => Check {
  return (otherwise) => (value, at) =>
    choices.find(({ when }) => when(value))?.check(value, at) ?? [{ option: at, expected: otherwise, received: value }];
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
