/** A process that calls a CallOnce and journals what comes of it. One JSON argument; run by the tests as a bundle. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallOnce } from '../../../src/locks/call-once.ts';

export interface CallerTask {
  readonly path: string;
  readonly name: string;
  readonly journal: string;
  readonly who: string;
  /** How long fn works, ms. */
  readonly work?: number;
  readonly value?: number;
  readonly staleTimeout?: number;
}

const task = JSON.parse(process.argv[2] ?? '') as CallerTask;
const journal = (what: string): void =>
  appendFileSync(task.journal, `${what} ${task.who} ${process.hrtime.bigint()}\n`);

journal('want');
try {
  const value = await new CallOnce({
    path: task.path,
    name: task.name,
    ...(task.staleTimeout === undefined
      ? {}
      : { staleTimeout: task.staleTimeout, heartbeatInterval: task.staleTimeout / 8 }),
    async fn(signal) {
      signal.addEventListener('abort', () => journal('aborted'));
      journal('run');
      await sleep(task.work ?? 0);
      return task.value ?? 42;
    },
  }).ensureDone();
  journal(`value:${value}`);
} catch (error) {
  journal(`error:${error instanceof Error ? error.name : 'unknown'}`);
}
