/** One schedule: contenders over one in-memory file system, of which exactly one goes on at a time, until all have ended; and what went wrong. */
import { Actor, type How, type Stage } from './actor.ts';
import { TIMES, type Contender } from './contender.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { Referee } from './referee.ts';

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

const LONGEST = 40_000;
const MOST_STEPS = 6_000;

type Way = () => Promise<void> | void;

export class World {
  readonly trace: string[] = [];
  steps = 0;
  readonly #fileSystem = new MemoryFileSystem();
  readonly #actors: Actor[] = [];
  readonly #referee = new Referee(this.#actors);
  readonly #options: WorldOptions;
  readonly #stage: Stage;
  #current: Actor | undefined;
  #parked: () => void = () => undefined;
  #hasChanged = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    let tokens = 0;
    this.#stage = {
      fileSystem: this.#fileSystem,
      isOneHost: options.isOneHost,
      random: options.random,
      newToken: () => tokens++,
      stateOf: (id) => this.#actors[id]?.state,
      parked: () => this.#parked(),
    };
  }

  get violations(): readonly string[] {
    return this.#referee.violations;
  }

  /** Runs one schedule, and after it one contender alone, which must get the lock and leave nothing. */
  async run(): Promise<void> {
    const { violations } = this.#referee;
    for (const contender of this.#options.contenders) await this.#start(contender);
    await this.#drive();
    const first = this.#options.contenders.find((contender) => contender.role === 'exclusive');
    if (first !== undefined && violations.length === 0) {
      this.#options.budget.faults = this.#options.budget.preemptions = 0;
      await this.#start(first);
      await this.#drive();
      const left = this.#fileSystem.list('/shared').filter((file) => !file.endsWith('.clock'));
      if (left.length > 0 && violations.length === 0) violations.push(`left behind: ${left.join(' ')}`);
    }
  }

  async #start(contender: Contender): Promise<void> {
    const actor = new Actor(this.#actors.length, contender, this.#stage);
    this.#actors.push(actor);
    const parked = this.#nextPark();
    const end = (): void => {
      actor.state = 'done';
      this.#parked();
    };
    contender.run(actor.system(), this.#referee.inside(actor)).then(end, (error: unknown) => {
      this.#referee.violations.push(`#${actor.id} failed: ${String(error)}`);
      end();
    });
    await parked;
  }

  async #drive(): Promise<void> {
    const { violations } = this.#referee;
    while (violations.length === 0) {
      if (this.steps++ > MOST_STEPS || this.#fileSystem.now > LONGEST) {
        violations.push('deadlock: no end in sight');
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
      if (sleepers.length > 0) this.#passTime(Math.min(...sleepers.map((actor) => actor.wakeAt)));
      else if (suspended.length > 0) this.#resume(suspended);
      else return;
    }
  }

  async #step(ready: readonly Actor[]): Promise<void> {
    const goesOn = this.#current !== undefined && ready.includes(this.#current) ? this.#current : undefined;
    const ways = [...this.#turns(ready, goesOn), ...this.#faults(goesOn === undefined ? ready : [goesOn])];
    const way = ways[ways.length === 1 ? 0 : this.#options.choose(ways.length)];
    await way?.();
  }

  /** The plain way on is that the current contender goes on; all others cost something, and are offered while the budget lasts. */
  #turns(ready: readonly Actor[], goesOn: Actor | undefined): readonly Way[] {
    const { budget } = this.#options;
    const ways: Way[] = [];
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
    return ways;
  }

  #faults(actors: readonly Actor[]): readonly Way[] {
    const { budget, faults } = this.#options;
    if (budget.faults === 0) return [];
    const ways: Way[] = [];
    const offer = (way: Way): void => {
      ways.push(() => {
        budget.faults--;
        return way();
      });
    };
    for (const actor of actors) {
      if (faults.crash) offer(() => this.#crash(actor));
      if (faults.suspend) offer(() => this.#suspend(actor));
      if (faults.lease && actor.inside && !actor.leaseLost) offer(() => this.#loseLease(actor));
      if (faults.resend && actor.canBeResent) offer(() => this.#go(actor, 'twice'));
      if (faults.staleLookup && actor.canBeStale) offer(() => this.#go(actor, 'stale'));
    }
    return ways;
  }

  async #go(actor: Actor, how: How): Promise<void> {
    this.#note(actor, how === 'once' ? actor.operation : `${actor.operation} (${how})`);
    await this.#referee.watch(actor, async () => {
      const { changes } = this.#fileSystem;
      const parked = this.#nextPark();
      actor.go(how);
      this.#hasChanged = this.#fileSystem.changes !== changes;
      // A new owner's file is a sign of life.
      if (actor.operation.startsWith('symlink')) actor.silent = 0;
      await parked;
    });
  }

  #crash(actor: Actor): void {
    this.#note(actor, `CRASH before ${actor.operation}`);
    actor.state = 'crashed';
  }

  #suspend(actor: Actor): void {
    this.#note(actor, `SUSPENDED before ${actor.operation}`);
    actor.suspended = true;
  }

  #resume(actors: readonly Actor[]): void {
    for (const actor of actors) {
      this.#note(actor, `RESUMED before ${actor.operation}`);
      actor.suspended = false;
    }
  }

  /** The contender sleeps for long, as far as the server sees. */
  #loseLease(actor: Actor): void {
    this.#note(actor, 'LEASE LOST');
    actor.leaseLost = true;
    actor.postpone(10 * TIMES.staleTimeout);
  }

  /** In steps, so that beats are as dense as they are in time. */
  #passTime(until: number): void {
    while (this.#fileSystem.now < until) {
      const step = Math.min(TIMES.heartbeatInterval, until - this.#fileSystem.now);
      this.#fileSystem.now += step;
      for (const actor of this.#actors) {
        if (actor.suspended || actor.leaseLost) actor.silent += step;
        else if (actor.state !== 'crashed') actor.beat();
      }
    }
    for (const actor of this.#actors)
      if (actor.state === 'asleep' && !actor.suspended && actor.wakeAt <= this.#fileSystem.now) actor.state = 'ready';
  }

  #note(actor: Actor, what: string): void {
    this.trace.push(`${this.#fileSystem.now} #${actor.id} ${what}`);
  }

  #nextPark(): Promise<void> {
    return new Promise((resolve) => (this.#parked = resolve));
  }
}
