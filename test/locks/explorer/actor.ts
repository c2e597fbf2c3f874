/** A contender in a schedule, and the system that its lock runs on: each operation stands still until the world lets it go on. */
import type { LockFileSystem } from '../../../src/filesystem/lock-file-system.ts';
import type { LockSystem } from '../../../src/locks/system.ts';
import { TIMES, type Contender } from './contender.ts';
import { systemError, type MemoryFileSystem } from './memory-file-system.ts';

/** How an operation is carried out: plainly, sent and carried out again for its reply was lost, or answered from a cache that doesn't know the entry yet. */
export type How = 'once' | 'twice' | 'stale';

export type ActorState = 'ready' | 'asleep' | 'done' | 'crashed';

/** What the actors of a schedule share. */
export interface Stage {
  readonly fileSystem: MemoryFileSystem;
  /** Whether actors can look up each other's process. */
  readonly isOneHost: boolean;
  readonly random: () => number;
  newToken(): number;
  stateOf(id: number): ActorState | undefined;
  /** The actor whose turn it is has come to its next operation. */
  parked(): void;
}

const MUTATING = new Set(['mkdir', 'symlink', 'unlink', 'rmdir', 'rename', 'writeNew']);
const LOOKUPS = new Set(['lstat', 'readlink', 'readText']);

export class Actor {
  readonly id: number;
  readonly contender: Contender;
  state: ActorState = 'ready';
  /** What it does when it goes on. */
  operation = 'start';
  go: (how: How) => void = () => undefined;
  wakeAt = 0;
  suspended = false;
  /** It goes on, but its signs of life don't reach the server. */
  leaseLost = false;
  /** How long it has shown no life, ms. */
  silent = 0;
  inside = false;
  releasing = false;
  /** Another contender has got inside since it lost the lock. */
  overtaken = false;
  readonly #stage: Stage;
  /** Files by which it shows life, and whom to tell when one is gone. */
  readonly #beats = new Map<string, () => void>();
  /** The number of changes on the server when its client last learned of them. */
  #known = 0;

  constructor(id: number, contender: Contender, stage: Stage) {
    this.id = id;
    this.contender = contender;
    this.#stage = stage;
  }

  /** Whether the reply to its next operation can be lost, and it sent again. */
  get canBeResent(): boolean {
    return MUTATING.has(kindOf(this.operation));
  }

  /** Whether its next operation can be answered from an old cache. */
  get canBeStale(): boolean {
    return LOOKUPS.has(kindOf(this.operation)) && this.#known < this.#stage.fileSystem.changes;
  }

  get isIntact(): boolean {
    return this.contender.isIntact(this.#stage.fileSystem, this.id);
  }

  /** It showed no life for so long that others could take it for dead: what happens then can't be excluded, only told. */
  get isExcused(): boolean {
    return this.silent >= TIMES.staleTimeout - TIMES.heartbeatInterval;
  }

  /** Stands still until the world lets it go on, and then does this. */
  park<T>(operation: string, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.state = 'ready';
      this.operation = operation;
      this.go = (how) => {
        try {
          if (how === 'stale') throw systemError('ENOENT', operation);
          if (how === 'twice') run();
          resolve(run());
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the file system threw
          reject(error);
        }
      };
      this.#stage.parked();
    });
  }

  /** Goes on with its operation only after so many ms. */
  postpone(ms: number): void {
    const { go, operation } = this;
    this.state = 'asleep';
    this.wakeAt = this.#stage.fileSystem.now + ms;
    this.operation = 'wake up';
    this.go = () => {
      this.go = go;
      this.operation = operation;
      this.#stage.parked();
    };
  }

  beat(): void {
    const { fileSystem } = this.#stage;
    for (const [file, onLost] of this.#beats) {
      try {
        fileSystem.touch(file, fileSystem.lstat(file).modified);
        this.silent = 0;
      } catch {
        this.#beats.delete(file);
        onLost();
      }
    }
  }

  system(): LockSystem {
    const server = this.#stage.fileSystem;
    return {
      fileSystem: this.#fileSystem(),
      clock: {
        now: () => server.now,
        // Hours off, as clocks of nodes are; it also makes waiters patient, so that a schedule has few polls.
        wall: () => server.now + 10_000_000,
        sleep: (ms) => {
          const woken = this.park('wake up', () => undefined);
          this.state = 'asleep';
          this.wakeAt = server.now + ms;
          return woken;
        },
      },
      processes: {
        self: () => ({ hostname: this.#stage.isOneHost ? 'host' : `host${this.id}`, pid: this.id + 1 }),
        judge: ({ pid }) => this.#judge(pid),
      },
      heartbeat: {
        start: (beat) => {
          this.#beats.set(beat.file, () => beat.onLost());
          return () => this.#beats.delete(beat.file);
        },
      },
      exitRelease: { guard: () => () => undefined },
      held: new Map(),
      yielded: new Map(),
      newToken: () => `${this.id}-${this.#stage.newToken()}`,
      random: this.#stage.random,
      notice: () => undefined,
    };
  }

  #fileSystem(): LockFileSystem {
    const server = this.#stage.fileSystem;
    const call = <T>(operation: string, run: () => T): Promise<T> =>
      this.park(operation, () => {
        const result = run();
        const kind = kindOf(operation);
        if (MUTATING.has(kind) || kind === 'readdir' || kind === 'refresh') this.#known = server.changes;
        return result;
      });
    return {
      mkdir: (file) => call(`mkdir ${file}`, () => server.mkdir(file)),
      rmdir: (file) => call(`rmdir ${file}`, () => server.rmdir(file)),
      symlink: (text, file) => call(`symlink ${file}`, () => server.symlink(text, file)),
      readlink: (file) => call(`readlink ${file}`, () => server.readlink(file)),
      unlink: (file) => call(`unlink ${file}`, () => server.unlink(file)),
      rename: (from, to) => call(`rename ${from} ${to}`, () => server.rename(from, to)),
      readdir: (file) => call(`readdir ${file}`, () => server.readdir(file)),
      lstat: (file) => call(`lstat ${file}`, () => server.lstat(file)),
      touch: (file, modified) => call(`touch ${file}`, () => server.touch(file, modified)),
      readText: (file) => call(`readText ${file}`, () => server.readText(file)),
      writeNew: (file, text) => call(`writeNew ${file}`, () => server.writeNew(file, text)),
      writeSynced: (file, text) => call(`writeSynced ${file}`, () => server.writeSynced(file, text)),
      syncFolder: (file) => call(`syncFolder ${file}`, () => undefined),
      refresh: (file) => call(`refresh ${file}`, () => undefined),
    };
  }

  #judge(pid: number | undefined): { state: 'alive' | 'dead' | 'unknown'; why: string } {
    if (pid === undefined || !this.#stage.isOneHost) return { state: 'unknown', why: 'on another host' };
    const state = this.#stage.stateOf(pid - 1);
    return state === 'crashed' || state === 'done' ? { state: 'dead', why: 'gone' } : { state: 'alive', why: 'runs' };
  }
}

function kindOf(operation: string): string {
  return operation.split(' ')[0] ?? '';
}
