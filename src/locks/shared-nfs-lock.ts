/** SharedNFSLock: any number of shared holders or one exclusive one, among all processes of all nodes that see a folder. */
import path from 'node:path';
import { isGone, removeIfThere } from '../filesystem/lock-file-system.ts';
import { Claim } from './claim.ts';
import { accessError, NFSLockLost, NFSLockNested, NFSLockTimeout } from './errors.ts';
import type { SeenHolder } from './holder.ts';
import { startOfBeat } from './heartbeat.ts';
import { HolderJudge } from './judge.ts';
import { NFSLock } from './nfs-lock.ts';
import { resolveLockOptions, type LockOptions, type ResolvedLockOptions } from './options.ts';
import { isInScope, runInScope } from './scopes.ts';
import { SharedFolder, WRITER } from './shared-folder.ts';
import { nodeSystem, type LockSystem } from './system.ts';
import { Waiting } from './waiting.ts';

const nobody: readonly SeenHolder[] = [];

/** What is kept while a shared lock is held. */
interface Reading {
  readonly file: string;
  readonly lost: AbortController;
  readonly disarm: () => void;
  stopBeating: () => void;
  /** Set while it is being given back. */
  releasing: Promise<void> | undefined;
}

/**
 * A lock that many may share and one may have alone. An exclusive waiter keeps new shared holders out, so that it gets its turn.
 *
 * @example
 * const environment = new SharedNFSLock('/shared/venv.lock');
 * await environment.exclusive(() => pipInstall());
 * await environment.shared(() => simulate());
 */
export class SharedNFSLock {
  /** Absolute path of the lock folder. */
  readonly path: string;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;
  readonly #folder: SharedFolder;
  readonly #writer: NFSLock;
  #reading: Reading | undefined;
  #lost = new AbortController();

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
    this.#folder = new SharedFolder(this.path, this.#options, system);
    this.#writer = new NFSLock(path.join(this.path, WRITER), { ...options, makeParent: true }, system);
  }

  /** How this object has the lock, as far as this process knows; undefined when it doesn't. */
  get held(): 'shared' | 'exclusive' | undefined {
    if (this.#reading !== undefined) return this.#lost.signal.aborted ? undefined : 'shared';
    return this.#writer.held ? 'exclusive' : undefined;
  }

  /** Fires when the lock that this object has was taken from it. A new signal for each acquisition. */
  get lost(): AbortSignal {
    return this.#reading === undefined ? this.#writer.lost : this.#lost.signal;
  }

  /** Runs `fn` while nobody has the lock exclusively. @throws what `fn` and `acquireShared` throw, and NFSLockLost */
  async shared<T>(fn: (lost: AbortSignal) => T | Promise<T>): Promise<T> {
    await this.acquireShared();
    return this.#run(fn, () => this.releaseShared());
  }

  /** Runs `fn` while nobody else has the lock. @throws what `fn` and `acquireExclusive` throw, and NFSLockLost */
  async exclusive<T>(fn: (lost: AbortSignal) => T | Promise<T>): Promise<T> {
    await this.acquireExclusive();
    return this.#run(fn, () => this.releaseExclusive());
  }

  /**
   * Waits until nobody has or wants the lock exclusively, and shares it.
   *
   * @throws NFSLockTimeout @throws NFSLockNested when this object has it already, or inside of `shared` or `exclusive` @throws NFSLockAccess
   */
  async acquireShared(): Promise<void> {
    this.#refuseNesting();
    const { fileSystem } = this.#system;
    const waiting = new Waiting(`shared lock ${this.path}`, this.#options, this.#system);
    let file = this.#folder.newReaderFile();
    const disarm = this.#system.exitRelease.guard({
      ownerFile: () => file,
      otherFiles: () => [],
      folders: [this.path],
    });
    const gate = new Claim(this.#writer.path, { ...this.#options, makeParent: true }, this.#system);
    try {
      while (true) {
        this.#options.signal?.throwIfAborted();
        const writers = await this.#writers(gate);
        if (writers === undefined) {
          // A new name each time: somebody who judged an earlier one stale may still be about to remove it.
          file = this.#folder.newReaderFile();
          if (await this.#folder.announce(file)) return this.#hold(file, disarm);
          await removeIfThere(fileSystem.unlink(file));
        }
        if (!(await waiting.pause({ holders: writers ?? nobody, key: 'writer', heldFor: 0 }))) {
          throw new NFSLockTimeout(this.path, waiting.waited, writers ?? nobody);
        }
      }
    } catch (error) {
      await fileSystem.unlink(file).catch(() => undefined);
      disarm();
      throw error;
    }
  }

  /** Ends a share. Does nothing when there is none. @throws NFSLockLost when it had been taken from this process. */
  async releaseShared(): Promise<void> {
    const reading = this.#reading;
    if (reading === undefined) return;
    reading.releasing ??= this.#releaseReading(reading).finally(() => (reading.releasing = undefined));
    await reading.releasing;
  }

  async #releaseReading(reading: Reading): Promise<void> {
    const { fileSystem } = this.#system;
    // The heartbeat must not take the removal for a loss.
    reading.stopBeating();
    let wasHeld = true;
    try {
      await fileSystem.unlink(reading.file);
    } catch (error) {
      if (!isGone(error)) {
        reading.stopBeating = this.#beat(reading.file, reading.lost);
        throw accessError(this.path, error);
      }
      wasHeld = false;
    }
    this.#reading = undefined;
    reading.disarm();
    await this.#folder.clear();
    if (wasHeld) return;
    reading.lost.abort(new NFSLockLost(this.path));
    throw new NFSLockLost(this.path);
  }

  /**
   * Keeps new shared holders out, waits for those that are in, and has the lock alone.
   *
   * @throws NFSLockTimeout @throws NFSLockNested when this object has it already, or inside of `shared` or `exclusive` @throws NFSLockAccess
   */
  async acquireExclusive(): Promise<void> {
    this.#refuseNesting();
    const waiting = new Waiting(`exclusive lock ${this.path}`, this.#options, this.#system);
    do await this.#writer.acquire();
    while (!(await this.#waitForReaders(waiting)));
  }

  /** Gives the exclusive lock back. Does nothing when this object doesn't have it. @throws NFSLockLost */
  async releaseExclusive(): Promise<void> {
    if (!this.#writer.held && !this.#writer.lost.aborted) return;
    try {
      await this.#writer.release();
    } finally {
      await this.#folder.clear();
    }
  }

  /** Inside of a share even another share is refused: it would wait for a writer that waits for the outer one. */
  #refuseNesting(): void {
    if (this.held !== undefined || isInScope(this.path)) throw new NFSLockNested(this.path);
  }

  async #run<T>(fn: (lost: AbortSignal) => T | Promise<T>, release: () => Promise<void>): Promise<T> {
    let result: T;
    try {
      result = await runInScope(this.path, () => fn(this.lost));
    } catch (error) {
      await release().catch(() => undefined);
      throw error;
    }
    await release();
    return result;
  }

  /** Who has or wants the lock exclusively; undefined when nobody does. A dead writer's lock is taken over and given back. */
  async #writers(gate: Claim): Promise<readonly SeenHolder[] | undefined> {
    if (!(await this.#folder.hasWriter())) return undefined;
    const attempt = await gate.contend();
    if (attempt.state === 'blocked') return attempt.holders;
    await gate.release();
    return nobody;
  }

  /** Waits, with the writer's lock, until no reader is left. False when that lock was lost meanwhile, and the writer has to queue again. */
  async #waitForReaders(waiting: Waiting): Promise<boolean> {
    const judge = new HolderJudge(this.path, this.#options.staleTimeout, this.#system);
    try {
      while (true) {
        const readers = await this.#folder.liveReaders(judge);
        if (readers.length === 0 && (await this.#writer.isStillHeld())) return true;
        if (readers.length === 0 || this.#writer.lost.aborted) break;
        if (!(await waiting.pause({ holders: readers, key: String(readers.length), heldFor: 0 }))) {
          throw new NFSLockTimeout(this.path, waiting.waited, readers);
        }
      }
    } catch (error) {
      await this.releaseExclusive().catch(() => undefined);
      throw error;
    }
    await this.releaseExclusive().catch(() => undefined);
    return false;
  }

  #hold(file: string, disarm: () => void): void {
    const lost = new AbortController();
    this.#lost = lost;
    this.#reading = { file, lost, disarm, stopBeating: this.#beat(file, lost), releasing: undefined };
  }

  #beat(file: string, lost: AbortController): () => void {
    return this.#system.heartbeat.start({
      file,
      every: this.#options.heartbeatInterval,
      startAfter: startOfBeat(this.#options.staleTimeout),
      onLost: () => lost.abort(new NFSLockLost(this.path)),
    });
  }
}
