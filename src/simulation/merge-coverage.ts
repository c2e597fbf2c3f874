/** Adds up the coverage of all simulations of a run. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isGone } from '../filesystem/lock-file-system.ts';
import { Coverage, type FileCoverage } from './coverage.ts';

/** Name of each simulation's data. */
const dataName = 'coverage.dat';

export interface MergedCoverage {
  /** In Verilator's format. */
  readonly dataFile: string;
  /** In lcov's format, for genhtml and for services that show coverage. */
  readonly infoFile: string;
  /** How many simulations it is the sum of. */
  readonly simulations: number;
  readonly files: readonly FileCoverage[];
}

/**
 * Writes file names absolute in the data that a simulation wrote, so that it can be added to that of other designs. Does nothing when there is none.
 *
 * @param folder - The design's folder, which Verilator's file names are relative to.
 */
export async function anchorCoverage(dataFile: string, folder: string): Promise<void> {
  const data = await readOptional(dataFile);
  if (data === undefined) return;
  const coverage = new Coverage();
  coverage.add(data, folder);
  await writeFile(dataFile, coverage.toData());
}

/**
 * Adds up every `coverage.dat` below a run's folder into `merged.dat` and `merged.info` in it.
 *
 * @returns undefined when no simulation of the run collected coverage.
 */
export async function mergeCoverage(folder: string): Promise<MergedCoverage | undefined> {
  const coverage = new Coverage();
  let simulations = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name !== dataName || !entry.isFile()) continue;
    const data = await readOptional(path.join(entry.parentPath, entry.name));
    if (data === undefined) continue;
    coverage.add(data, entry.parentPath);
    simulations += 1;
  }
  if (simulations === 0) return undefined;
  const dataFile = path.join(folder, 'merged.dat');
  const infoFile = path.join(folder, 'merged.info');
  await writeFile(dataFile, coverage.toData());
  await writeFile(infoFile, coverage.toLcov());
  return { dataFile, infoFile, simulations, files: coverage.summarize() };
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
