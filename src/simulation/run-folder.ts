/** Names and makes the folder of one simulation: `sim_build/runs/<run id>/<spec>__<title>`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, isGone } from '../filesystem/lock-file-system.ts';

/** Longest folder name that is made; NAME_MAX is 255 bytes on the file systems in use, and suffixes need room. */
const longestName = 160;

/**
 * Makes a folder that no other simulation has, nor had: a name that is taken gets a number.
 *
 * @param runsFolder - Folder of all runs, `sim_build/runs`.
 * @param runId - Run that the simulation belongs to.
 * @param spec - Spec file as the user would name it, relative to the working folder.
 * @param title - Full title of the test.
 * @returns Absolute path of the new folder.
 */
export function makeRunFolder(runsFolder: string, runId: string, spec: string, title: string): string {
  const parent = join(runsFolder, runId);
  const name = `${slug(spec)}__${slug(title)}`.slice(0, longestName);
  for (let attempt = 1; ; attempt++) {
    const folder = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (isGone(error)) {
        mkdirSync(parent, { recursive: true });
        attempt--;
      } else if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function slug(text: string): string {
  return text
    .replaceAll('/', '.')
    .replace(/[^\w.=+-]+/g, '_')
    .replace(/^[._-]+|_+$/g, '');
}
