/** What the explorer lets contend: the real locks, and the naive one. */
import { NFSLockLost } from '../../../src/locks/errors.ts';
import { parseHolder } from '../../../src/locks/holder.ts';
import { NFSLock } from '../../../src/locks/nfs-lock.ts';
import { SharedNFSLock } from '../../../src/locks/shared-nfs-lock.ts';
import { NaiveLock } from '../doubles/naive-lock.ts';
import { LOCK_PATH, TIMES, type Contender } from './contender.ts';
import type { MemoryFileSystem } from './memory-file-system.ts';

/** Whether a folder holds an entry of this contender's: tokens begin with its number. */
const hasEntry = (fileSystem: MemoryFileSystem, folder: string, prefix: string, id: number): boolean =>
  fileSystem.exists(folder) && fileSystem.readdir(folder).some((entry) => entry.startsWith(`${prefix}.${id}-`));

/** The real NFSLock, so many times in a row. */
export const nfsLock = (rounds: number): Contender => ({
  role: 'exclusive',
  isIntact: (fileSystem, id) => hasEntry(fileSystem, LOCK_PATH, 'owner', id),
  async run(system, inside) {
    for (let round = 0; round < rounds; round++) {
      const lock = new NFSLock(LOCK_PATH, TIMES, system);
      await lock.acquire();
      await inside.enter();
      inside.leave();
      inside.released(await isReleased(lock.release()));
    }
  },
});

/** The real SharedNFSLock in one of its two ways. */
export const sharedLock = (role: 'shared' | 'exclusive'): Contender => ({
  role,
  isIntact: (fileSystem, id) =>
    role === 'shared'
      ? hasEntry(fileSystem, LOCK_PATH, 'reader', id)
      : hasEntry(fileSystem, `${LOCK_PATH}/writer`, 'owner', id),
  async run(system, inside) {
    const lock = new SharedNFSLock(LOCK_PATH, TIMES, system);
    await (role === 'shared' ? lock.acquireShared() : lock.acquireExclusive());
    await inside.enter();
    inside.leave();
    inside.released(await isReleased(role === 'shared' ? lock.releaseShared() : lock.releaseExclusive()));
  },
});

export const naiveLock = (): Contender => ({
  role: 'exclusive',
  isIntact: (fileSystem, id) => holderPid(fileSystem) === id + 1,
  async run(system, inside) {
    const lock = new NaiveLock(LOCK_PATH, TIMES.staleTimeout, system);
    await lock.acquire();
    await inside.enter();
    inside.leave();
    await lock.release();
    // It never notices a loss.
    inside.released(false);
  },
});

/** The pid in a holder.info, for locks that write no owner file. */
function holderPid(fileSystem: MemoryFileSystem): number | undefined {
  const file = `${LOCK_PATH}/holder.info`;
  return fileSystem.exists(file) ? parseHolder(fileSystem.readText(file)).pid : undefined;
}

async function isReleased(release: Promise<void>): Promise<boolean> {
  try {
    await release;
    return true;
  } catch (error) {
    if (error instanceof NFSLockLost) return false;
    throw error;
  }
}
