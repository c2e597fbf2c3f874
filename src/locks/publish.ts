/** Publishes a file under a claim, so that nobody does who has lost the lock. */
import path from 'node:path';
import { isGone, removeIfThere, type LockFileSystem } from '../filesystem/lock-file-system.ts';
import type { Claim } from './claim.ts';

/**
 * Writes `text` to `target`, whole and durable; false when the lock was lost. The text waits in the lock folder first: whoever takes the lock over
 * removes staged files before it goes on, so that the rename of a holder that has lost it finds nothing to move.
 *
 * @throws what the file system answers; then nothing of it is left.
 */
export async function publish(
  target: string,
  text: string,
  claim: Claim,
  fileSystem: LockFileSystem,
): Promise<boolean> {
  const { stagedFile } = claim;
  try {
    await fileSystem.writeSynced(stagedFile, text);
    if (!(await claim.verify())) {
      await removeIfThere(fileSystem.unlink(stagedFile));
      return false;
    }
    await renameStaged(target, claim, fileSystem);
    await fileSystem.syncFolder(path.dirname(target));
    return true;
  } catch (error) {
    await fileSystem.unlink(stagedFile).catch(() => undefined);
    // A result that can't be published because the lock is gone isn't an error of the file system.
    if (!(await claim.verify().catch(() => true))) return false;
    throw error;
  }
}

async function renameStaged(target: string, claim: Claim, fileSystem: LockFileSystem): Promise<void> {
  try {
    await fileSystem.rename(claim.stagedFile, target);
  } catch (error) {
    // Sent twice: while the lock is ours nobody else removes the staged file, so it was our own rename.
    const isSentTwice = isGone(error) && !(await exists(claim.stagedFile, fileSystem)) && (await claim.verify());
    if (!isSentTwice) throw error;
  }
}

async function exists(file: string, fileSystem: LockFileSystem): Promise<boolean> {
  try {
    await fileSystem.lstat(file);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
