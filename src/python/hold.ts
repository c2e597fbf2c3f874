/** Keeps pip away from a managed environment while this process imports from it, and the other way round. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { NFSLockAccess } from '../locks/errors.ts';
import { SharedNFSLock } from '../locks/shared-nfs-lock.ts';
import type { PythonEnvironment } from './environment.ts';

/** How long either side waits for the other, ms. */
const patience = 30 * 60_000;

/** The environments that this process holds, by their locks: they are held until its end. */
const held = new Map<string, Promise<void>>();

/**
 * Holds the environment's lock shared from now to the end of this process; the first call waits while `setup` or pip is at work, later ones
 * return at once. An environment without a lock (any but the managed one) isn't held, and neither is one that this user may not write to:
 * there, the owner's pip has to choose its moment.
 *
 * @throws NFSLockTimeout naming the holder, after half an hour.
 */
export async function holdPythonEnvironment(python: Pick<PythonEnvironment, 'lockPath'>): Promise<void> {
  const { lockPath } = python;
  if (lockPath === undefined) return;
  let holding = held.get(lockPath);
  if (holding === undefined) {
    holding = hold(lockPath);
    held.set(lockPath, holding);
    // Whoever asks after a failed wait waits anew.
    holding.catch(() => held.delete(lockPath));
  }
  await holding;
}

/** Changes an environment while nobody imports from it. */
export async function changePythonEnvironment<T>(
  lockPath: string,
  signal: AbortSignal | undefined,
  change: () => Promise<T>,
): Promise<T> {
  return new SharedNFSLock(lockPath, { timeout: patience, ...(signal && { signal }) }).exclusive(change);
}

async function hold(lockPath: string): Promise<void> {
  try {
    await mkdir(path.dirname(lockPath), { recursive: true });
    // Released by the lock itself when this process exits.
    await new SharedNFSLock(lockPath, { timeout: patience }).acquireShared();
  } catch (error) {
    const code = ((error instanceof NFSLockAccess ? error.cause : error) as NodeJS.ErrnoException | undefined)?.code;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
  }
}
