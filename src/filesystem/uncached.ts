/** Asks the file server, not the NFS client's cache, whether a file is there. */
import path from 'node:path';
import { errorCode, isGone, nodeFileSystem, type LockFileSystem } from './lock-file-system.ts';

/**
 * Whether anything has this name now, also when another node made or removed it, or a folder above it, a moment ago.
 *
 * An NFS client remembers for 30 to 60 s that a name was (or wasn't) there; opening the parent folder makes it ask again (close-to-open, nfs(5)).
 */
export async function existsUncached(file: string, fileSystem: LockFileSystem = nodeFileSystem): Promise<boolean> {
  const folder = path.dirname(file);
  try {
    await fileSystem.refresh(folder).catch(async (error: unknown) => {
      if (!isAbsence(error) || folder === file || !(await existsUncached(folder, fileSystem))) throw error;
      await fileSystem.refresh(folder);
    });
    await fileSystem.lstat(file);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

const isAbsence = (error: unknown): boolean => isGone(error) || errorCode(error) === 'ENOTDIR';
