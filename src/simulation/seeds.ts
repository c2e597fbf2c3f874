/** Seeds: one a test, derived from the run's base seed and the test's name, so that order and sharding don't change it. */
import { createHash } from 'node:crypto';

/** Largest seed that every simulator takes: Verilator's is a positive 31 bit number, and 0 would mean "pick one". */
const largestSeed = 2 ** 31 - 1;

/**
 * The seed of one test, from 1 to 2^31 - 1.
 *
 * @param base - Base seed of the run.
 * @param fullName - Name that tells the test from all others of the run.
 */
export function deriveSeed(base: number, fullName: string): number {
  return intoRange(createHash('sha256').update(`${base} ${fullName}`).digest().readUInt32BE(0));
}

/**
 * The seed for the HDL's `$urandom` and `$random` that goes with a seed of Python, which takes any integer. Icarus Verilog takes none: its random
 * numbers are the same in every simulation, unless the HDL seeds them itself (from a plusarg, say).
 */
export function hdlSeed(seed: number): number {
  if (seed >= 1 && seed <= largestSeed) return seed;
  return intoRange(createHash('sha256').update(String(seed)).digest().readUInt32BE(0));
}

function intoRange(number: number): number {
  return (number % largestSeed) + 1;
}
