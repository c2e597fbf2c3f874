/** What is compared: a way of building a project's designs and running each of its tests in a simulation of its own. */
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { MeasuredCommand } from './measure.ts';
import type { BenchTools } from './tools.ts';

export interface Contender {
  readonly name: string;
  readonly kind: 'ours' | 'peer';
  /** Whether it is at its best with one Python module for each test, not with modules of many. */
  readonly wantsModulePerTest: boolean;
  /** Whether it is the one that all others are compared with. */
  readonly isReference: boolean;
  /** Puts its driver into a project's folder. */
  prepare(folder: string, tools: BenchTools): Promise<void>;
  /** Builds what is not built and runs the selected tests. */
  command(folder: string, tools: BenchTools, selection: Selection): MeasuredCommand;
  /** How many tests passed, read from its output. */
  countPassed(log: string): number;
}

/** Which of a project's tests are run: from index `first`, `count` of them. */
export interface Selection {
  readonly first: number;
  readonly count: number;
}

/** Variables by which the drivers are told the selection. */
export function selectionEnv({ first, count }: Selection): Record<string, string> {
  return { BENCH_FIRST: String(first), BENCH_COUNT: String(count) };
}

/** The sum of all numbers that a pattern finds. */
export function sumOf(log: string, pattern: RegExp): number {
  return [...log.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
}

/** Copies a driver's files from bench/peers into a project's folder, under the names given. */
export async function copyDriver(folder: string, names: Readonly<Record<string, string>>): Promise<void> {
  const source = path.join(import.meta.dirname, 'peers');
  await Promise.all(
    Object.entries(names).map(([from, to]) => copyFile(path.join(source, from), path.join(folder, to))),
  );
}
