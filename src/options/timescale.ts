/** Time unit and precision of a simulation. */
import type { Check } from './check.ts';

/** What `'1ns/1ps'` says: each is 1, 10 or 100 s, ms, us, ns, ps or fs (IEEE 1800-2017 3.14.2). */
export interface Timescale {
  /** Such as `1ns`. */
  readonly unit: string;
  /** Such as `1ps`; not coarser than the unit. */
  readonly precision: string;
}

/** How users write one: `'1ns/1ps'` or `['1ns', '1ps']`; the unit alone is also its precision. */
export type TimescaleOption = string | readonly [unit: string, precision: string];

/** Of modules that name none: what cocotb's makefiles give them. A simulator's own default (1 s on Icarus) is too coarse for any clock. */
export const customaryTimescale: Timescale = { unit: '1ns', precision: '1ps' };

const pattern = /^(1|10|100) ?(s|ms|us|ns|ps|fs)$/;
const exponents: Readonly<Record<string, number>> = { s: 0, ms: -3, us: -6, ns: -9, ps: -12, fs: -15 };

/** Passes for a unit of 1, 10 or 100 s to fs and a precision that is not coarser (IEEE 1800-2017 3.14.2). */
export const timescale: Check = (value, at) => {
  const parts = splitTimescale(value);
  const right = parts !== undefined && exponent(parts.precision) <= exponent(parts.unit);
  return right ? [] : [{ option: at, expected: "a timescale such as '1ns/1ps', precision <= unit", received: value }];
};

/** The timescale that a checked option means. */
export function parseTimescale(option: TimescaleOption | undefined): Timescale | undefined {
  return option === undefined ? undefined : splitTimescale(option);
}

function splitTimescale(value: unknown): Timescale | undefined {
  const parts: readonly unknown[] =
    typeof value === 'string' ? value.split('/').map((part) => part.trim()) : Array.isArray(value) ? value : [];
  const [unit, precision = unit] = parts;
  if (parts.length > 2 || typeof unit !== 'string' || typeof precision !== 'string') return undefined;
  if (!pattern.test(unit) || !pattern.test(precision)) return undefined;
  return { unit: unit.replace(' ', ''), precision: precision.replace(' ', '') };
}

function exponent(time: string): number {
  const [, magnitude = '', unit = ''] = pattern.exec(time) ?? [];
  return (exponents[unit] ?? 0) + magnitude.length - 1;
}
