/** One schedule: contenders over one in-memory file system, of which exactly one goes on at a time, until all have ended; and what went wrong. */
import type { LockFileSystem } from '../../../src/filesystem/lock-file-system.ts';
import { parseHolder } from '../../../src/locks/holder.ts';
import type { LockSystem } from '../../../src/locks/system.ts';
import { MemoryFileSystem, systemError } from './memory-file-system.ts';

/** What a contender does with the lock; the world judges its belief between `enter` and `leave`. */
export interface Contender {
  /** Two that exclude each other may not be inside at once. */
  readonly role: 'exclusive' | 'shared';
  run(system: LockSystem, inside: Inside): Promise<void>;
  /** Whether what this contender, which is inside, has in the file system is still there. */
  isIntact(fileSystem: MemoryFileSystem, id: number): boolean;
}

export interface Inside {
  /** The contender believes it has the lock. */
  enter(): Promise<void>;
  /** It begins to release. */
  leave(): void;
  /** It released and was told whether it had had the lock to the end. */
  released(wasHeld: boolean): void;
}

export interface Faults {
  readonly crash: boolean;
  readonly suspend: boolean;
  /** A holder that goes on but whose signs of life don't reach the server. */
  readonly lease: boolean;
  /** The reply is lost and the request is sent, and carried out, again. */
  readonly resend: boolean;
  /** A lookup is answered from a cache that doesn't know the entry yet. */
  readonly staleLookup: boolean;
}

export interface Budget {
  preemptions: number;
  faults: number;
}

/** Picks one of `count` ways to go on; 0 is the plain one. */
export type Choose = (count: number) => number;

export interface WorldOptions {
  readonly contenders: readonly Contender[];
  readonly faults: Faults;
  readonly budget: Budget;
  /** Whether contenders can look up each other's process. */
  readonly isOneHost: boolean;
  readonly choose: Choose;
  readonly random: () => number;
}

/** The lock's options in every schedule; ms. */
export const TIMES = { staleTimeout: 1_000, heartbeatInterval: 200, pollInterval: 100, timeout: -1 } as const;
export const LOCK_PATH = '/shared/the.lock';

const LONGEST = 40_000;
const MOST_STEPS = 6_000;

interface Actor {
  readonly id: number;
  readonly contender: Contender;
  state: 'ready' | 'asleep' | 'done' | 'crashed';
  operation: string;
  go: (how: 'once' | 'twice' | 'stale') => void;
  wakeAt: number;
  suspended: boolean;
  leaseLost: boolean;
  /** How long it has shown no life, ms. */
  silent: number;
  inside: boolean;
  releasing: boolean;
  /** Another contender has got inside since it lost the lock. */
  overtaken: boolean;
  readonly beats: Map<string, () => void>;
  readonly cache: Map<string, number>;
}

const MUTATING = new Set(['mkdir', 'symlink', 'unlink', 'rmdir', 'rename', 'writeNew']);
const LOOKUPS = new Set(['lstat', 'readlink', 'readText']);

export class World {
  readonly fileSystem = new MemoryFileSystem();
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  steps = 0;
  readonly #options: WorldOptions;
  readonly #actors: Actor[] = [];
  #current: Actor | undefined;
  #parked: () => void = () => undefined;
  #tokens = 0;
  #hasChanged = false;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** Runs one schedule, and after it one contender alone, which must get the lock and leave nothing. */
  async run(): Promise<void> {
    for (const contender of this.#options.contenders) await this.#start(contender);
    await this.#drive();
    const first = this.#options.contenders.find((contender) => contender.role === 'exclusive');
    if (first !== undefined && this.violations.length === 0) {
      this.#options.budget.faults = this.#options.budget.preemptions = 0;
      await this.#start(first);
      await this.#drive();
      const left = this.fileSystem.list('/shared').filter((file) => !file.endsWith('.clock'));
      if (left.length > 0 && this.violations.length === 0) this.violations.push(`left behind: ${left.join(' ')}`);
    }
  }

  async #start(contender: Contender): Promise<void> {
    const actor: Actor = {
      id: this.#actors.length,
      contender,
      state: 'ready',
      operation: 'start',
      go: () => undefined,
      wakeAt: 0,
      suspended: false,
      leaseLost: false,
      silent: 0,
      inside: false,
      releasing: false,
      overtaken: false,
      beats: new Map(),
      cache: new Map(),
    };
    this.#actors.push(actor);
    const parked = this.#nextPark();
    contender.run(this.#system(actor), this.#inside(actor)).then(
      () => this.#end(actor),
      (error: unknown) => {
        this.violations.push(`#${actor.id} failed: ${String(error)}`);
        this.#end(actor);
      },
    );
    await parked;
  }

  #end(actor: Actor): void {
    actor.state = 'done';
    this.#parked();
  }

  async #drive(): Promise<void> {
    while (this.violations.length === 0) {
      if (this.steps++ > MOST_STEPS || this.fileSystem.now > LONGEST) {
        this.violations.push('deadlock: no end in sight');
        return;
      }
      const ready = this.#actors.filter((actor) => actor.state === 'ready' && !actor.suspended);
      if (ready.length > 0) {
        await this.#step(ready);
        continue;
      }
      const sleepers = this.#actors.filter((actor) => actor.state === 'asleep' && !actor.suspended);
      const suspended = this.#actors.filter(
        (actor) => actor.suspended && actor.state !== 'crashed' && actor.state !== 'done',
      );
      if (sleepers.length > 0) this.#passTime(Math.min(...sleepers.map((actor) => actor.wakeAt)) - this.fileSystem.now);
      else if (suspended.length > 0) this.#resume(suspended);
      else return;
    }
  }

  /** The plain way on is that the current contender goes on; all others cost something, and are offered while the budget lasts. */
  async #step(ready: readonly Actor[]): Promise<void> {
    const { budget, faults } = this.#options;
    const goesOn = this.#current !== undefined && ready.includes(this.#current) ? this.#current : undefined;
    const ways: (() => Promise<void> | void)[] = [];
    const go = (actor: Actor, cost: number) => async () => {
      budget.preemptions -= cost;
      this.#current = actor;
      await this.#go(actor, 'once');
    };
    if (goesOn !== undefined) ways.push(go(goesOn, 0));
    if (goesOn === undefined || budget.preemptions > 0) {
      for (const actor of ready) if (actor !== goesOn) ways.push(go(actor, goesOn === undefined ? 0 : 1));
    }
    // Waking somebody up makes a difference only where something has changed.
    if (budget.preemptions > 0 && this.#hasChanged) {
      const suspended = this.#actors.filter((actor) => actor.suspended && actor.state !== 'crashed');
      for (const actor of suspended) {
        ways.push(() => {
          budget.preemptions--;
          this.#resume([actor]);
        });
      }
    }
    if (budget.faults > 0) {
      const fault = (way: () => Promise<void> | void) => () => {
        budget.faults--;
        return way();
      };
      for (const actor of goesOn === undefined ? ready : [goesOn]) {
        const [kind = ''] = actor.operation.split(' ');
        if (faults.crash) ways.push(fault(() => this.#crash(actor)));
        if (faults.suspend) ways.push(fault(() => this.#suspend(actor)));
        if (faults.lease && actor.inside && !actor.leaseLost) ways.push(fault(() => this.#loseLease(actor)));
        if (faults.resend && MUTATING.has(kind)) ways.push(fault(() => this.#go(actor, 'twice')));
        if (faults.staleLookup && LOOKUPS.has(kind) && this.#isCacheOld(actor))
          ways.push(fault(() => this.#go(actor, 'stale')));
      }
    }
    const way = ways[ways.length === 1 ? 0 : this.#options.choose(ways.length)];
    await way?.();
  }

  async #go(actor: Actor, how: 'once' | 'twice' | 'stale'): Promise<void> {
    this.trace.push(`${this.fileSystem.now} #${actor.id} ${actor.operation}${how === 'once' ? '' : ` (${how})`}`);
    const intact = this.#insiders().filter((other) => this.#isIntact(other));
    const { changes } = this.fileSystem;
    const parked = this.#nextPark();
    actor.go(how);
    this.#hasChanged = this.fileSystem.changes !== changes;
    // A new owner's file is a sign of life.
    if (actor.operation.startsWith('symlink')) actor.silent = 0;
    await parked;
    for (const other of intact) {
      if (other !== actor && other.inside && !this.#isIntact(other) && !isExcused(other))
        this.violations.push(
          `${actor.releasing ? 'foreign release' : 'live lock broken'}: #${actor.id} removed that of #${other.id}`,
        );
    }
  }

  #isIntact(actor: Actor): boolean {
    return actor.contender.isIntact(this.fileSystem, actor.id);
  }

  #insiders(): Actor[] {
    return this.#actors.filter((actor) => actor.inside && actor.state !== 'crashed');
  }

  #crash(actor: Actor): void {
    this.trace.push(`${this.fileSystem.now} #${actor.id} CRASH before ${actor.operation}`);
    actor.state = 'crashed';
  }

  #suspend(actor: Actor): void {
    this.trace.push(`${this.fileSystem.now} #${actor.id} SUSPENDED before ${actor.operation}`);
    actor.suspended = true;
  }

  #resume(actors: readonly Actor[]): void {
    for (const actor of actors) {
      this.trace.push(`${this.fileSystem.now} #${actor.id} RESUMED before ${actor.operation}`);
      actor.suspended = false;
    }
  }

  /** The contender sleeps for long, as far as the server sees. */
  #loseLease(actor: Actor): void {
    this.trace.push(`${this.fileSystem.now} #${actor.id} LEASE LOST`);
    actor.leaseLost = true;
    actor.state = 'asleep';
    actor.wakeAt = this.fileSystem.now + 10 * TIMES.staleTimeout;
    const { go, operation } = actor;
    actor.operation = 'wake up';
    actor.go = () => {
      actor.go = go;
      actor.operation = operation;
      this.#parked();
    };
  }

  #passTime(ms: number): void {
    const { now } = this.fileSystem;
    // In steps, so that beats are as dense as they are in time.
    const until = now + Math.max(0, ms);
    while (this.fileSystem.now < until) {
      const step = Math.min(TIMES.heartbeatInterval, until - this.fileSystem.now);
      this.fileSystem.now += step;
      for (const actor of this.#actors) {
        if (actor.suspended || actor.leaseLost) actor.silent += step;
        else if (actor.state !== 'crashed') this.#beat(actor);
      }
    }
    for (const actor of this.#actors)
      if (actor.state === 'asleep' && !actor.suspended && actor.wakeAt <= this.fileSystem.now) actor.state = 'ready';
  }

  #beat(actor: Actor): void {
    for (const [file, onLost] of actor.beats) {
      try {
        this.fileSystem.touch(file, this.fileSystem.lstat(file).modified);
        actor.silent = 0;
      } catch {
        actor.beats.delete(file);
        onLost();
      }
    }
  }

  #nextPark(): Promise<void> {
    return new Promise((resolve) => (this.#parked = resolve));
  }

  #inside(actor: Actor): Inside {
    return {
      enter: async () => {
        const excluded = this.#insiders().filter(
          (other) => other.contender.role === 'exclusive' || actor.contender.role === 'exclusive',
        );
        for (const other of excluded) {
          if (!this.#isIntact(other)) other.overtaken = true;
          if (!isExcused(other) && !isExcused(actor))
            this.violations.push(`two holders: #${actor.id} and #${other.id}`);
        }
        actor.overtaken = excluded.some((other) => this.#isIntact(other));
        actor.inside = true;
        await this.#park(actor, 'work', () => undefined);
      },
      leave: () => {
        actor.inside = false;
        actor.releasing = true;
      },
      released: (wasHeld) => {
        if (wasHeld && actor.overtaken) this.violations.push(`#${actor.id} was not told that it had lost the lock`);
        actor.overtaken = false;
        actor.releasing = false;
        actor.silent = 0;
        actor.leaseLost = false;
      },
    };
  }

  #park<T>(actor: Actor, operation: string, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      actor.state = 'ready';
      actor.operation = operation;
      actor.go = (how) => {
        try {
          if (how === 'stale') throw systemError('ENOENT', operation);
          if (how === 'twice') run();
          resolve(run());
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the file system threw
          reject(error);
        }
      };
      this.#parked();
    });
  }

  /** Whether the contender has neither changed nor reopened a folder since it was changed by another. */
  #isCacheOld(actor: Actor): boolean {
    return (actor.cache.get('changes') ?? 0) < this.fileSystem.changes;
  }

  #system(actor: Actor): LockSystem {
    const server = this.fileSystem;
    const call = <T>(operation: string, run: () => T): Promise<T> =>
      this.#park(actor, operation, () => {
        const result = run();
        const [kind = ''] = operation.split(' ');
        if (MUTATING.has(kind) || kind === 'readdir' || kind === 'refresh') actor.cache.set('changes', server.changes);
        return result;
      });
    const fileSystem: LockFileSystem = {
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
    return {
      fileSystem,
      clock: {
        now: () => server.now,
        // Hours off, as clocks of nodes are; it also makes waiters patient, so that a schedule has few polls.
        wall: () => server.now + 10_000_000,
        sleep: (ms) => {
          const woken = this.#park(actor, 'wake up', () => undefined);
          actor.state = 'asleep';
          actor.wakeAt = server.now + ms;
          return woken;
        },
      },
      processes: {
        self: () => ({ hostname: this.#options.isOneHost ? 'host' : `host${actor.id}`, pid: actor.id + 1 }),
        judge: (holder) => this.#judge(holder.pid),
      },
      heartbeat: {
        start: (beat) => {
          actor.beats.set(beat.file, () => beat.onLost());
          return () => actor.beats.delete(beat.file);
        },
      },
      exitRelease: { guard: () => () => undefined },
      held: new Map(),
      yielded: new Map(),
      newToken: () => `${actor.id}-${this.#tokens++}`,
      random: () => this.#options.random(),
      notice: () => undefined,
    };
  }

  #judge(pid: number | undefined): { state: 'alive' | 'dead' | 'unknown'; why: string } {
    if (pid === undefined || !this.#options.isOneHost) return { state: 'unknown', why: 'on another host' };
    const state = this.#actors[pid - 1]?.state;
    return state === 'crashed' || state === 'done' ? { state: 'dead', why: 'gone' } : { state: 'alive', why: 'runs' };
  }
}

/** It showed no life for so long that others could take it for dead: what happens then can't be excluded, only told. */
function isExcused(actor: Actor): boolean {
  return actor.silent >= TIMES.staleTimeout - TIMES.heartbeatInterval;
}

/** The pid in a holder.info, for locks that write no owner file. */
export function holderPid(fileSystem: MemoryFileSystem): number | undefined {
  const file = `${LOCK_PATH}/holder.info`;
  return fileSystem.exists(file) ? parseHolder(fileSystem.readText(file)).pid : undefined;
}
