/** Keeps pip away from a managed environment while this process imports from it, and the other way round. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { NFSLockAccess } from '../locks/errors.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { SharedNFSLock } from '../locks/shared-nfs-lock.ts';
import type { PythonEnvironment } from './environment.ts';

/** Either side waits half an hour for the other, ms. */
const times = { timeout: 30 * 60_000, staleTimeout: OWN_STALE_TIMEOUT };

/** An environment that this process holds, or waits for on behalf of all who want it here. */
interface Holding {
  readonly acquired: Promise<void>;
  isAcquired: boolean;
  /** How many wait. */
  waiters: number;
  /** Ends the wait. */
  readonly abandon: AbortController;
}

/** The environments that this process holds, by their locks: they are held until its end. */
const holdings = new Map<string, Holding>();

/**
 * Holds the environment's lock shared from now to the end of this process; the first call waits while another process has it exclusively: pip under
 * `mocha-cocotb exec`, or a `setup` that has begun since the environment was found (while one is at work, it is not found). Later ones return at once. An
 * environment without a lock (any but the managed one) isn't held, and neither is one that this user may not write to: there, the owner's pip has to choose
 * its moment.
 *
 * @param signal - Ends this caller's wait with the signal's reason; others who wait here go on.
 * @throws NFSLockTimeout naming the holder, after half an hour.
 */
export async function holdPythonEnvironment(
  { lockPath }: Pick<PythonEnvironment, 'lockPath'>,
  signal?: AbortSignal,
): Promise<void> {
  if (lockPath === undefined) return;
  signal?.throwIfAborted();
  const holding = holdings.get(lockPath) ?? beginToHold(lockPath);
  holding.waiters++;
  try {
    await unlessAborted(holding.acquired, signal);
  } finally {
    holding.waiters--;
    if (holding.waiters === 0 && !holding.isAcquired) {
      // Whoever asks from now on waits anew.
      holdings.delete(lockPath);
      holding.abandon.abort(signal?.reason);
    }
  }
}

/** Changes an environment while nobody imports from it. */
export async function changePythonEnvironment<T>(
  lockPath: string,
  signal: AbortSignal | undefined,
  change: () => Promise<T>,
): Promise<T> {
  return new SharedNFSLock(lockPath, { ...times, ...(signal && { signal }) }).exclusive(change);
}

function beginToHold(lockPath: string): Holding {
  const abandon = new AbortController();
  const acquired = hold(lockPath, abandon.signal).then(() => {
    holding.isAcquired = true;
  });
  const holding: Holding = { acquired, isAcquired: false, waiters: 0, abandon };
  holdings.set(lockPath, holding);
  return holding;
}

async function hold(lockPath: string, signal: AbortSignal): Promise<void> {
  try {
    await mkdir(path.dirname(lockPath), { recursive: true });
    // Released by the lock itself when this process exits.
    await new SharedNFSLock(lockPath, { ...times, signal }).acquireShared();
  } catch (error) {
    const code = ((error instanceof NFSLockAccess ? error.cause : error) as NodeJS.ErrnoException | undefined)?.code;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
