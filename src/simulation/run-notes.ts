/** What the workers of a run tell its main process: in which folders their simulations are. */
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { publishVariable, readVariables } from '../options/variables.ts';

const variableName = 'MOCHA_COCOTB_RUN_NOTES';

/** The main process's side of the notes. */
export interface RunNotes {
  /** Folders noted so far, each once. */
  readFolders(): readonly string[];
  remove(): Promise<void>;
}

/** Begins the notes of a run; processes that are started from now on write into them. */
export async function openRunNotes(): Promise<RunNotes> {
  const { dir } = await import('tmp-promise');
  const scratch = await dir({ unsafeCleanup: true, prefix: 'mocha-cocotb-run-' });
  const file = path.join(scratch.path, 'folders');
  appendFileSync(file, '');
  publishVariable(variableName, file);
  return {
    readFolders: () => [...new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean))],
    remove: async () => scratch.cleanup(),
  };
}

/** Notes a folder with simulations of this run. Nothing where nobody reads notes: mocha without our registration. */
export function noteRunFolder(folder: string): void {
  const file = readVariables()[variableName];
  // One short write in append mode is not mixed with another's.
  if (file !== undefined) appendFileSync(file, `${folder}\n`);
}
