/** Driver: contends for a lock so many times and journals `want`, `enter` and `leave`. One JSON argument; run as a bundle. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import properLockfile from 'proper-lockfile';
import { CallOnce } from '../src/locks/call-once.ts';
import { NFSLock } from '../src/locks/nfs-lock.ts';
import { SharedNFSLock } from '../src/locks/shared-nfs-lock.ts';

export interface LockTask {
  readonly lock: string;
  readonly kind: 'nfs' | 'shared' | 'exclusive' | 'call-once' | 'proper-lockfile';
  readonly rounds: number;
  /** How long each holds, ms. */
  readonly hold: number;
  /** Without one nothing is journaled. */
  readonly journal: string | undefined;
  readonly name: string;
}

const task = JSON.parse(process.argv[2] ?? '') as LockTask;
const journal = (what: string): void => {
  if (task.journal !== undefined) appendFileSync(task.journal, `${what} ${task.name} ${process.hrtime.bigint()}\n`);
};
const acquire = acquirer();
for (let round = 0; round < task.rounds; round++) {
  journal('want');
  const release = await acquire();
  journal('enter');
  if (task.hold > 0) await sleep(task.hold);
  journal('leave');
  await release();
}

/** Takes the lock and gives the way to release it. */
function acquirer(): () => Promise<() => Promise<void>> {
  switch (task.kind) {
    case 'nfs': {
      const lock = new NFSLock(task.lock);
      return async () => {
        await lock.acquire();
        return () => lock.release();
      };
    }
    case 'shared':
    case 'exclusive': {
      const lock = new SharedNFSLock(task.lock);
      if (task.kind === 'exclusive') {
        return async () => {
          await lock.acquireExclusive();
          return () => lock.releaseExclusive();
        };
      }
      return async () => {
        await lock.acquireShared();
        return () => lock.releaseShared();
      };
    }
    case 'call-once':
      return async () => {
        await new CallOnce({ path: task.lock, name: 'done', fn: () => 1 }).ensureDone();
        return () => Promise.resolve();
      };
    case 'proper-lockfile': {
      // Its own retries grow without bound; these are the ones with which it hands over fastest.
      const retries = { retries: 100_000, factor: 1.2, minTimeout: 4, maxTimeout: 100, randomize: true };
      return () => properLockfile.lock(task.lock, { realpath: false, retries });
    }
  }
}
