/** The error that says which options are wrong, all of them together. */
import { createRequire } from 'node:module';
import type * as Levenshtein from 'fastest-levenshtein';
import { MochaCocotbError } from '../errors.ts';

/** One thing that is wrong with the options given. */
export interface OptionProblem {
  /** Name of the option, with the place inside it, such as `sources[2]` or `parameters.WIDTH`. */
  readonly option: string;
  /** What would have been right, such as `an existing file`. */
  readonly expected: string;
  /** What was given. */
  readonly received: unknown;
  /** The known name that is nearest to an unknown one. */
  readonly nearest?: string | undefined;
}

/** Thrown when options are wrong or would be ignored; it lists every problem found. */
export class OptionError extends MochaCocotbError {
  readonly code = 'OPTION';
  /** All that is wrong, not only the first. */
  readonly problems: readonly OptionProblem[];

  /** @param subject - Whose options they are, such as `design counter`. */
  constructor(problems: readonly OptionProblem[], subject?: string) {
    const lines = problems.map(describeProblem);
    const whose = subject === undefined ? '' : ` of ${subject}`;
    super(
      lines.length === 1
        ? `Wrong option${whose}: ${lines.join('')}`
        : `${lines.length} wrong options${whose}:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** The known name that a mistyped one most likely means; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  // Only a mistake needs this package, so that no start of mocha pays for loading it.
  const { closest, distance } = createRequire(import.meta.url)('fastest-levenshtein') as typeof Levenshtein;
  if (known.length === 0) return undefined;
  const lower = name.toLowerCase();
  const nearest = closest(
    lower,
    known.map((candidate) => candidate.toLowerCase()),
  );
  if (distance(lower, nearest) > Math.max(2, Math.ceil(nearest.length / 3))) return undefined;
  return known.find((candidate) => candidate.toLowerCase() === nearest);
}

function describeProblem({ option, expected, received, nearest }: OptionProblem): string {
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return `${option}: expected ${expected}, received ${describeValue(received)}${hint}`;
}

function describeValue(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string' || (typeof value === 'object' && value !== null)) {
    const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner));
    return text.length > 200 ? `${text.slice(0, 200)}...` : text;
  }
  return typeof value === 'function' ? 'a function' : String(value);
}
