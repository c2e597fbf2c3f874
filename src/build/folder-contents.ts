/** What is in a folder that another process may be changing, and its removal. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../filesystem/lock-file-system.ts';

/** Its entries; none where it can't be read. */
export function list(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Bytes of all files below it. */
export function sizeOf(folder: string): number {
  return list(folder).reduce((sum, entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return sum + sizeOf(place);
    return sum + (statSync(place, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

/** Removes a folder. It loses its name first, to one in the folder `aside`, so that nobody finds a half-removed one. */
export function removeWhole(folder: string, aside: string): void {
  mkdirSync(aside, { recursive: true });
  const unnamed = path.join(aside, `pruned-${path.basename(folder)}-${randomBytes(4).toString('hex')}`);
  renameSync(folder, unnamed);
  removeTree(unnamed);
}

/** Removes a folder or file with all that is in it. Of a file that somebody has open an NFS client keeps one of another name, and with it the folder, for the next time. */
export function removeTree(place: string): void {
  try {
    rmSync(place, { recursive: true, force: true });
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errorCode(error) ?? '')) throw error;
  }
}
