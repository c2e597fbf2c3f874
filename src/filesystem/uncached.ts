/** Asks the file server, not the NFS client's cache, whether a file is there. */
import path from 'node:path';
import { errorCode, nodeFileSystem, type LockFileSystem } from './lock-file-system.ts';

/**
 * Whether anything has this name now, also when another node made or removed it a moment ago.
 *
 * An NFS client remembers for 30 to 60 s that a name was (or wasn't) there; opening the parent folder makes it ask again (close-to-open, nfs(5)).
 */
export async function existsUncached(file: string, fileSystem: LockFileSystem = nodeFileSystem): Promise<boolean> {
  try {
    await fileSystem.refresh(path.dirname(file));
    await fileSystem.lstat(file);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE') return false;
    throw error;
  }
}
