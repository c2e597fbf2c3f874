/** What the locks need from the outside, gathered so that a test can run them over an in-memory file system and a clock of its own. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeFileSystem, type LockFileSystem } from '../filesystem/lock-file-system.ts';
import { exitRelease, type ExitRelease } from './exit-release.ts';
import { workerHeartbeat, type Heartbeat } from './heartbeat.ts';
import { nodeProcesses, type ProcessTable } from './liveness.ts';

export interface Clock {
  /** Monotonic, ms. */
  now(): number;
  /** The wall clock, ms since the epoch. For records that people read and for pacing, never for a decision. */
  wall(): number;
  /** Rejects with the signal's reason when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Paths that one process holds, and whether by `use` (then another flow of the process may wait for it). */
export type HeldPaths = Map<string, 'scope' | 'open'>;

export interface LockSystem {
  readonly fileSystem: LockFileSystem;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  readonly heartbeat: Heartbeat;
  readonly exitRelease: ExitRelease;
  readonly held: HeldPaths;
  /** When this process last released a lock that others want, by path (ms of `clock.now`), and how often it lets them go first. */
  readonly yielded: Map<string, { readonly at: number; readonly courtesies: number }>;
  /** A name that no other acquisition has. */
  readonly newToken: () => string;
  /** 0 to 1, for jitter. */
  random(): number;
  /** Tells a person that something waits. */
  notice(text: string): void;
}

/** This machine. */
export const nodeSystem: LockSystem = {
  fileSystem: nodeFileSystem,
  clock: {
    now: () => performance.now(),
    wall: () => Date.now(),
    async sleep(ms, signal) {
      try {
        await sleep(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
  },
  processes: nodeProcesses,
  heartbeat: workerHeartbeat,
  exitRelease,
  held: new Map(),
  yielded: new Map(),
  newToken: () => randomBytes(8).toString('hex'),
  random: () => Math.random(),
  notice: (text) => {
    process.stderr.write(`${text}\n`);
  },
};
