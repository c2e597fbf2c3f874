/** A process that contends for a lock and journals when it is inside. One JSON argument; run by the tests as a bundle. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NFSLock } from '../../../src/locks/nfs-lock.ts';
import { SharedNFSLock } from '../../../src/locks/shared-nfs-lock.ts';
import type { LockOptions } from '../../../src/locks/options.ts';

export interface ContenderTask {
  readonly lock: string;
  readonly kind: 'nfs' | 'shared' | 'exclusive';
  readonly journal: string;
  readonly name: string;
  readonly rounds: number;
  /** ms */
  readonly hold: number;
  /** Whether the hold blocks the event loop. */
  readonly blocks?: boolean;
  /** Ends by process.exit while it holds the lock. */
  readonly exits?: boolean;
  readonly options: LockOptions;
}

const task = JSON.parse(process.argv[2] ?? '') as ContenderTask;
const journal = (what: string): void =>
  appendFileSync(task.journal, `${what} ${task.name} ${process.hrtime.bigint()}\n`);
const lock = task.kind === 'nfs' ? new NFSLock(task.lock, task.options) : new SharedNFSLock(task.lock, task.options);

function acquire(): Promise<void> {
  if (lock instanceof NFSLock) return lock.acquire();
  return task.kind === 'shared' ? lock.acquireShared() : lock.acquireExclusive();
}

function release(): Promise<void> {
  if (lock instanceof NFSLock) return lock.release();
  return task.kind === 'shared' ? lock.releaseShared() : lock.releaseExclusive();
}

async function hold(): Promise<void> {
  const end = performance.now() + task.hold;
  if (task.blocks === true) while (performance.now() < end);
  else if (task.hold > 0) await sleep(task.hold);
}

for (let round = 0; round < task.rounds; round++) {
  journal('want');
  await acquire();
  lock.lost.addEventListener('abort', () => journal('lost'));
  journal('enter');
  await hold();
  if (task.exits === true) process.exit(0);
  journal('leave');
  try {
    await release();
    journal('released');
  } catch (error) {
    journal(`failed:${error instanceof Error ? error.name : 'unknown'}`);
  }
}
journal('done');
