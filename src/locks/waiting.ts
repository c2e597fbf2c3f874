/** How a waiter waits: when it looks again, when it gives up, when it tells a person. */
import { describeHolder, type SeenHolder } from './holder.ts';
import type { ResolvedLockOptions } from './options.ts';
import type { LockSystem } from './system.ts';

/** What stands in a waiter's way. */
export interface Blockade {
  readonly holders: readonly SeenHolder[];
  /** Changes when the lock changes hands. */
  readonly key: string;
  /** For how long it has been held, ms, as far as known. */
  readonly heldFor: number;
}

/** Shortest pause, ms. */
export const FASTEST = 4;
const FIRST_NOTICE = 5_000;
const NOTICE_GROWTH = 3;

export class Waiting {
  readonly #what: string;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;
  readonly #start: number;
  #noticeAt = FIRST_NOTICE;
  #key: string | undefined;
  #heldBefore = 0;
  #changedAt: number;

  /** @param what names what is waited for, in notices. */
  constructor(what: string, options: ResolvedLockOptions, system: LockSystem) {
    this.#what = what;
    this.#options = options;
    this.#system = system;
    this.#start = this.#changedAt = system.clock.now();
  }

  /** Time since the wait began, ms. */
  get waited(): number {
    return this.#system.clock.now() - this.#start;
  }

  /**
   * Sleeps until it is worth looking again. False when the time is up.
   *
   * The pause is a quarter of the time for which the lock has not changed hands, between 4 ms and pollInterval, for long holds a 25th of it, at most
   * 10 times pollInterval. It depends on the lock and not on the waiter, so that old and new waiters have the same chance.
   */
  async pause(blockade: Blockade): Promise<boolean> {
    const { clock } = this.#system;
    this.#options.signal?.throwIfAborted();
    const waited = this.waited;
    const left = this.#options.timeout - waited;
    if (left <= 0) return false;
    if (waited >= this.#noticeAt) {
      this.#noticeAt = waited * NOTICE_GROWTH;
      this.#system.notice(noticeText(this.#what, waited, blockade.holders));
    }
    if (blockade.key !== this.#key) {
      this.#key = blockade.key;
      this.#changedAt = clock.now();
      this.#heldBefore = blockade.heldFor;
    }
    const heldFor = clock.now() - this.#changedAt + this.#heldBefore;
    const { pollInterval } = this.#options;
    const slowest = Math.min(Math.max(pollInterval, heldFor / 25), pollInterval * 10);
    const pause =
      Math.min(Math.max(heldFor / 4, Math.min(FASTEST, pollInterval)), slowest) * (0.75 + this.#system.random() / 2);
    await clock.sleep(Math.min(pause, left, this.#noticeAt - waited), this.#options.signal);
    return true;
  }
}

function noticeText(what: string, waited: number, holders: readonly SeenHolder[]): string {
  const whom =
    holders.length === 0
      ? 'its holder could not be seen'
      : `held by ${holders.slice(0, 5).map(describeHolder).join('; ')}`;
  const more = holders.length > 5 ? ` and ${holders.length - 5} more` : '';
  return `mocha-cocotb: waiting for ${what} for ${Math.round(waited / 1000)} s: ${whom}${more}`;
}
