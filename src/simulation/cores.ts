/** This worker's share of the node's cores: how many simulations it runs at a time. */
import pLimit, { type LimitFunction } from 'p-limit';
import { availableCores } from '../build/limits.ts';
import { liveVariables, type Variables } from '../options/variables.ts';

/**
 * How many simulations this process may run at a time: MOCHA_COCOTB_JOBS, else the cores that it may use divided by the mocha workers
 * (MOCHA_COCOTB_WORKERS, by which `mocha-cocotb` passes `--jobs` on; no variable for users), at least 1.
 */
export function shareOfCores(variables: Variables = liveVariables(), cores: number = availableCores()): number {
  const own = Number(variables['MOCHA_COCOTB_JOBS']);
  if (Number.isInteger(own) && own >= 1) return own;
  if (variables['MOCHA_WORKER_ID'] === undefined) return cores;
  // mocha's own default number of workers is one less than the cores.
  const workers = Number(variables['MOCHA_COCOTB_WORKERS']) || Math.max(1, cores - 1);
  return Math.max(1, Math.floor(cores / workers));
}

/** Gives simulations their turns on a number of cores, first come, first served. */
export class Cores {
  readonly #share: () => number;
  /** Simulations that were let in, by who runs them. */
  readonly #running = new Map<object, number>();
  readonly #waiting: Turn[] = [];
  #total = 0;

  /** @param share - How many may run at a time; asked each time. */
  constructor(share: () => number) {
    this.#share = share;
  }

  /**
   * Runs `fn`, which runs one simulation, when it is its turn; at once when the signal has fired, for `fn` to say so and start nothing.
   *
   * @param runner - Who runs it. A server of warm starts that has all cores to itself is given all that come: it keeps to the share itself, and a
   * core never waits for us.
   */
  async use<T>(runner: object, signal: AbortSignal | undefined, fn: () => Promise<T>): Promise<T> {
    if (signal?.aborted || (this.#waiting.length === 0 && this.#isFreeFor(runner))) this.#count(runner, 1);
    else await this.#wait(runner, signal);
    try {
      return await fn();
    } finally {
      this.#count(runner, -1);
      for (let first = this.#waiting[0]; first && this.#isFreeFor(first.runner); first = this.#waiting[0])
        first.begin();
    }
  }

  #isFreeFor(runner: object): boolean {
    return this.#total < this.#share() || this.#total === this.#running.get(runner);
  }

  async #wait(runner: object, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const begin = () => {
        signal?.removeEventListener('abort', begin);
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        this.#count(runner, 1);
        resolve();
      };
      const turn: Turn = { runner, begin };
      this.#waiting.push(turn);
      signal?.addEventListener('abort', begin);
    });
  }

  #count(runner: object, change: 1 | -1): void {
    this.#total += change;
    const count = (this.#running.get(runner) ?? 0) + change;
    if (count === 0) this.#running.delete(runner);
    else this.#running.set(runner, count);
  }
}

interface Turn {
  readonly runner: object;
  readonly begin: () => void;
}

const cores = new Cores(shareOfCores);
let places: LimitFunction | undefined;

/** Runs `fn`, which runs one simulation, as soon as this process may run it; see `Cores.use`. */
export async function withFreeCore<T>(
  runner: object,
  signal: AbortSignal | undefined,
  fn: () => Promise<T>,
): Promise<T> {
  return cores.use(runner, signal, fn);
}

/**
 * Runs `fn`, which prepares a simulation, has it run where there is a free core and reads its results, as soon as there is a place for it:
 * more than there are cores, so that the next simulations are ready to start when others end.
 */
export async function withPlace<T>(signal: AbortSignal, fn: () => Promise<T>): Promise<T> {
  places ??= pLimit(3 * shareOfCores() + 1);
  return places(() => {
    signal.throwIfAborted();
    return fn();
  });
}

/**
 * How much of a function's bytecode V8 executes before it optimizes the function, bytes; the default of V8 11 (Node 20) is 67,584. It optimizes on threads that
 * take the cores from simulations: in a run of 1,000 short tests a fifth of this process's CPU time, for code that is run too seldom to make up for it.
 */
const optimizeAfter = 1_000_000;

/** Has this process take less of the cores for itself; newer V8 doesn't have the flag, says so on stderr, and was not seen to gain by those that it has. */
export function leaveCoresToSimulations(): void {
  if (Number.parseInt(process.versions.v8) > 11) return;
  // Loaded this late, a start of mocha doesn't pay for it.
  process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${optimizeAfter}`);
}
