/**
 * Stats that show what other nodes have changed.
 *
 * An NFS client answers a stat from what it knows of the file, which may be up to a minute old (acregmax, nfs(5)). When a file is opened it asks the server
 * (close-to-open), and that a name isn't there it believes until its folder is opened.
 */
import { closeSync, constants, fstatSync, openSync, statSync, type BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { isLocal, isLocalFolder } from './local.ts';

/** A file's stat in nanoseconds, or undefined where there is no file. */
export type FileStat = BigIntStats | undefined;

/** A pipe has no writer to wait for. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK;

/** The stat of a file as this machine knows it, and whether no other can know better. */
export function statHere(file: string): { readonly stat: FileStat; readonly isFresh: boolean } {
  const found = statIfThere(file);
  return { stat: found, isFresh: found === undefined ? isLocalFolder(path.dirname(file)) : isLocal(file, found) };
}

/** The stat of a file as the file server knows it. Waits for the server. */
export function statFreshSync(file: string): FileStat {
  const { stat: found, isFresh } = statHere(file);
  if (isFresh) return found;
  try {
    const descriptor = openSync(file, flags);
    try {
      return fstatSync(descriptor, { bigint: true });
    } finally {
      closeSync(descriptor);
    }
  } catch {
    refreshFolder(path.dirname(file));
    return statIfThere(file);
  }
}

/** As `statFreshSync`, for a file that is not local. */
export async function statByOpening(file: string): Promise<FileStat> {
  try {
    const handle = await open(file, flags);
    try {
      return await handle.stat({ bigint: true });
    } finally {
      await handle.close();
    }
  } catch {
    refreshFolder(path.dirname(file));
    return stat(file, { bigint: true }).catch(() => undefined);
  }
}

/** Has an NFS client ask which names are in a folder now. */
export function refreshFolder(folder: string): void {
  try {
    closeSync(openSync(folder, constants.O_RDONLY));
  } catch {
    // There is nothing to be seen, then.
  }
}

function statIfThere(file: string): FileStat {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    // ENOTDIR, EACCES: nobody can read it either.
    return undefined;
  }
}
