/** Where the processes of a lock's test meet: a lock and a journal for each test, and contenders started for them. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ContenderTask } from './doubles/contender.ts';
import { bundleDouble, kill, startDouble } from './processes.ts';

export interface Scene {
  /** A folder for all tests. */
  readonly folder: string;
  /** The test's lock, in a folder of its own, which is there. */
  readonly lock: string;
  /** What contenders write into: beside the lock. */
  readonly journal: string;
  /** Starts a contender, which ends with the test; it holds an NFSLock once for a minute unless told otherwise. */
  start(task?: Partial<ContenderTask>): ChildProcess;
}

/** Sets the scene for each test of the describe that calls this. */
export function useScene(): Scene {
  let folder = '';
  let bundle = '';
  let place = '';
  const started: ChildProcess[] = [];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'locks äöü 锁 '));
    bundle = await bundleDouble('contender', folder);
  });
  beforeEach(() => {
    place = fs.mkdtempSync(path.join(folder, 'case '));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) await kill(child);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  return {
    get folder() {
      return folder;
    },
    get lock() {
      return path.join(place, 'the.lock');
    },
    get journal() {
      return path.join(place, 'journal');
    },
    start(task = {}) {
      const { lock, journal } = this;
      const child = startDouble(bundle, {
        ...{ lock, journal, kind: 'nfs', name: 'holder', rounds: 1, hold: 60_000, options: {} },
        ...task,
      });
      started.push(child);
      return child;
    },
  };
}
