/** What the workers of a run tell its main process: in which folders simulations collected coverage. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isGone } from '../filesystem/lock-file-system.ts';
import { currentRun } from '../options/run-identity.ts';
import { defaultSimBuild } from '../options/sim-build.ts';
import { publishVariable, readVariables } from '../options/variables.ts';

const variableName = 'MOCHA_COCOTB_RUN_NOTES';

/** The main process's side of the notes. */
export interface RunNotes {
  /** Folders noted so far, each once. */
  readFolders(): readonly string[];
}

/**
 * Begins the notes of a run; processes that are started from now on write into them. They are a file among what else the run keeps, made with the
 * first note, so that no end of a run leaves anything elsewhere.
 */
export function openRunNotes(): RunNotes {
  const variables = readVariables();
  const file = path.join(defaultSimBuild(variables), 'runs', currentRun(variables).id, 'coverage-folders');
  publishVariable(variableName, file);
  return { readFolders: () => [...new Set(readNotes(file))] };
}

/** Notes a folder with simulations of this run. Nothing where nobody reads notes: mocha without our registration. */
export function noteRunFolder(folder: string): void {
  const file = readVariables()[variableName];
  if (file === undefined) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // One short write in append mode is not mixed with another's.
  appendFileSync(file, `${folder}\n`);
}

function readNotes(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
