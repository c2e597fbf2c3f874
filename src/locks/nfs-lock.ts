/** NFSLock: one holder at a time among all processes of all nodes that see a folder. */
import path from 'node:path';
import { Claim } from './claim.ts';
import { NFSLockLost, NFSLockNested, NFSLockTimeout } from './errors.ts';
import { HOLDER_FILE } from './holder.ts';
import { startOfBeat } from './heartbeat.ts';
import { resolveLockOptions, type LockOptions, type ResolvedLockOptions } from './options.ts';
import { publish } from './publish.ts';
import { isInScope, runInScope } from './scopes.ts';
import { nodeSystem, type LockSystem } from './system.ts';
import { FASTEST, Waiting } from './waiting.ts';

/** How many times a process lets others go first after it had to wait. */
const COURTESIES = 3;

/** What is kept while a lock is held. */
interface Holding {
  readonly claim: Claim;
  readonly lost: AbortController;
  /** Takes the claim off the list of what is released at exit. */
  readonly disarm: () => void;
  stopBeating: () => void;
  /** Set while it is being given back. */
  releasing: Promise<void> | undefined;
}

/**
 * A lock that holds on NFS: a folder made by `mkdir`, with the holder's record in `holder.info`, which pytest-cocotb's NFSLock understands.
 *
 * @example
 * await new NFSLock('/shared/.build.lock', { timeout: 600_000 }).use(async (lock) => {
 *   // one process at a time; lock.lost fires if this one was taken for dead
 * });
 */
export class NFSLock implements AsyncDisposable {
  /** Absolute path of the lock folder. */
  readonly path: string;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;
  #holding: Holding | undefined;
  #lost = new AbortController();
  /** How many times others are let go first from now on; see `#letOthersGo`. */
  #courtesies = 0;

  /**
   * Touches nothing yet.
   *
   * @param system - What the lock runs on; a parameter for tests.
   * @throws OptionError naming every option that is wrong or unknown.
   */
  constructor(lockPath: string, options: LockOptions = {}, system: LockSystem = nodeSystem) {
    this.path = path.resolve(lockPath);
    this.#options = resolveLockOptions(options, `lock ${lockPath}`);
    this.#system = system;
  }

  /** Whether this object has the lock, as far as this process knows. */
  get held(): boolean {
    return this.#holding !== undefined && !this.#lost.signal.aborted;
  }

  /** Fires when the lock that this object has was taken from it. A new signal for each acquisition. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Waits for the lock and takes it.
   *
   * @throws NFSLockTimeout when the wait ends first.
   * @throws NFSLockNested when this process holds it already.
   * @throws NFSLockAccess when the file system doesn't let this process use it.
   */
  async acquire(): Promise<void> {
    await this.#acquire('open');
  }

  /** Takes the lock if it is free or stale now. @throws NFSLockNested @throws NFSLockAccess */
  async tryAcquire(): Promise<boolean> {
    this.#refuseNesting();
    const claim = new Claim(this.path, this.#options, this.#system);
    const disarm = this.#guardExit(claim);
    const attempt = await claim.attempt().catch((error: unknown) => {
      disarm();
      throw error;
    });
    if (attempt.state === 'claimed') this.#hold(claim, 'open', disarm);
    else disarm();
    return attempt.state === 'claimed';
  }

  /**
   * Gives the lock back. Does nothing when this object doesn't have it.
   *
   * @throws NFSLockLost when it had been taken from this process; the new holder's lock is left alone.
   * @throws NFSLockAccess when the file system doesn't let it go; then it is still held.
   */
  async release(): Promise<void> {
    const holding = this.#holding;
    if (holding === undefined) return;
    holding.releasing ??= this.#release(holding).finally(() => (holding.releasing = undefined));
    await holding.releasing;
  }

  async #release(holding: Holding): Promise<void> {
    // The heartbeat must not take the removal for a loss.
    holding.stopBeating();
    let wasHeld: boolean;
    try {
      wasHeld = await holding.claim.release();
    } catch (error) {
      holding.stopBeating = this.#beat(holding.claim, holding.lost);
      throw error;
    }
    this.#holding = undefined;
    holding.disarm();
    this.#system.held.delete(this.path);
    if (this.#courtesies > 0) {
      this.#system.yielded.set(this.path, { at: this.#system.clock.now(), courtesies: this.#courtesies });
    }
    if (wasHeld) return;
    holding.lost.abort(new NFSLockLost(this.path));
    throw new NFSLockLost(this.path);
  }

  /**
   * Runs `fn` under the lock. Another flow of this process that calls `use` meanwhile waits like any other process.
   *
   * @throws whatever `fn` throws; otherwise NFSLockLost when the lock was lost meanwhile. And as `acquire`.
   */
  async use<T>(fn: (lock: this) => T | Promise<T>): Promise<T> {
    await this.#acquire('scope');
    let result: T;
    try {
      result = await this.inScope(() => fn(this));
    } catch (error) {
      await this.release().catch(() => undefined);
      throw error;
    }
    await this.release();
    return result;
  }

  /** As `release`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /**
   * Waits for the lock, or until `settled` gives something: then that is returned and the lock is not taken. For those who wait for an outcome rather than
   * for their turn. As `acquire`.
   */
  async acquireUnless<T>(settled: () => Promise<T | undefined>): Promise<T | undefined> {
    return this.#acquire('scope', settled);
  }

  /** Asks the file server whether this object has the lock. Costs two requests. */
  async isStillHeld(): Promise<boolean> {
    return this.#holding !== undefined && (await this.#holding.claim.verify());
  }

  /** Runs `fn` so that an attempt to acquire this lock inside of it is refused as nested. `use` does it. */
  async inScope<T>(fn: () => T | Promise<T>): Promise<T> {
    return runInScope(this.path, fn);
  }

  /**
   * Writes `text` to `file`, whole and durable, unless the lock was lost: nobody who has taken it over since finds his own `file` replaced. `file` must
   * be on the lock's file system.
   *
   * @throws NFSLockLost when it was lost, or isn't held; `file` is as it was.
   */
  async publish(file: string, text: string): Promise<void> {
    const holding = this.#holding;
    const isPublished = holding !== undefined && (await publish(file, text, holding.claim, this.#system.fileSystem));
    if (!isPublished) throw new NFSLockLost(this.path);
  }

  async #acquire<T = undefined>(
    mode: 'scope' | 'open',
    settled?: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    this.#refuseNesting();
    const courtesies = await this.#letOthersGo();
    const waiting = new Waiting(`lock ${this.path}`, this.#options, this.#system);
    const claim = new Claim(this.path, this.#options, this.#system);
    const disarm = this.#guardExit(claim);
    let hasWaited = false;
    try {
      while (true) {
        this.#options.signal?.throwIfAborted();
        const attempt = await claim.attempt();
        if (attempt.state === 'claimed') {
          this.#hold(claim, mode, disarm);
          this.#courtesies = hasWaited ? COURTESIES : Math.max(0, courtesies - 1);
          return undefined;
        }
        hasWaited ||= attempt.holders.length > 0;
        if (!(await waiting.pause(attempt))) throw new NFSLockTimeout(this.path, waiting.waited, attempt.holders);
        const outcome = await settled?.();
        if (outcome !== undefined) {
          disarm();
          return outcome;
        }
        this.#refuseNesting();
      }
    } catch (error) {
      disarm();
      throw error;
    }
  }

  #hold(claim: Claim, mode: 'scope' | 'open', disarm: () => void): void {
    const lost = new AbortController();
    this.#lost = lost;
    this.#system.held.set(this.path, mode);
    this.#holding = { claim, lost, disarm, stopBeating: this.#beat(claim, lost), releasing: undefined };
  }

  #beat(claim: Claim, lost: AbortController): () => void {
    return this.#system.heartbeat.start({
      file: claim.ownerFile,
      every: this.#options.heartbeatInterval,
      startAfter: startOfBeat(this.#options.staleTimeout),
      onLost: () => lost.abort(new NFSLockLost(this.path)),
    });
  }

  /**
   * Who takes a lock again as soon as it has released it would always be faster than those who sleep until their next look. So a process that had to wait
   * for a lock lets others go first the next few times. Gives how many times are left.
   */
  async #letOthersGo(): Promise<number> {
    const { clock, yielded } = this.#system;
    const released = yielded.get(this.path);
    if (released === undefined) return 0;
    yielded.delete(this.path);
    const pause = FASTEST * (1 + this.#system.random()) - (clock.now() - released.at);
    if (pause > 0) await clock.sleep(pause, this.#options.signal);
    return released.courtesies;
  }

  #guardExit(claim: Claim): () => void {
    return this.#system.exitRelease.guard({
      ownerFile: () => claim.ownerFile,
      otherFiles: () => [claim.stagedFile, path.join(this.path, HOLDER_FILE)],
      folders: this.#options.makeParent ? [this.path, path.dirname(this.path)] : [this.path],
    });
  }

  /** A flow that holds the lock and waits for it waits for itself; one beside a `use` of another flow doesn't. */
  #refuseNesting(): void {
    const mode = this.#system.held.get(this.path);
    if (mode === 'open' || (mode === 'scope' && isInScope(this.path))) throw new NFSLockNested(this.path);
  }
}
