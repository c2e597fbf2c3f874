/** What is in the folder of a shared lock: a file for each reader, and the writer's lock. */
import path from 'node:path';
import { errorCode, isGone, removeIfThere } from '../filesystem/lock-file-system.ts';
import { accessError } from './errors.ts';
import { formatHolder, type SeenHolder } from './holder.ts';
import type { HolderJudge } from './judge.ts';
import type { ResolvedLockOptions } from './options.ts';
import type { LockSystem } from './system.ts';

export const READER_PREFIX = 'reader.';
/** Name of the NFSLock that a writer takes. */
export const WRITER = 'writer';

export class SharedFolder {
  readonly path: string;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;

  constructor(folder: string, options: ResolvedLockOptions, system: LockSystem) {
    this.path = folder;
    this.#options = options;
    this.#system = system;
  }

  /** A reader's file that nobody has had yet. */
  newReaderFile(): string {
    return path.join(this.path, READER_PREFIX + this.#system.newToken());
  }

  /** Puts the reader's file into the folder and looks whether a writer is there; true when none is. The writer does the same the other way round. */
  async announce(file: string): Promise<boolean> {
    const { fileSystem } = this.#system;
    await this.#makeFolder();
    try {
      await fileSystem.symlink(
        formatHolder({
          ...this.#system.processes.self(),
          timestamp: this.#system.clock.wall() / 1000,
          heartbeat: this.#options.heartbeatInterval,
        }),
        file,
      );
    } catch (error) {
      if (isGone(error)) return false;
      // Nobody else has this name: it is ours, made by a request that was sent twice.
      if (errorCode(error) !== 'EEXIST') throw accessError(this.path, error);
    }
    const entries = await this.#entries();
    return entries.includes(path.basename(file)) && !entries.includes(WRITER);
  }

  /** Whether somebody has or wants the lock exclusively, or did when he died. */
  async hasWriter(): Promise<boolean> {
    await this.#system.fileSystem.refresh(path.dirname(this.path)).catch(() => undefined);
    return (await this.#entries()).includes(WRITER);
  }

  /** The live readers; stale ones are broken. */
  async liveReaders(judge: HolderJudge): Promise<readonly SeenHolder[]> {
    const alive: SeenHolder[] = [];
    for (const entry of await this.#entries()) {
      if (!entry.startsWith(READER_PREFIX)) continue;
      const file = path.join(this.path, entry);
      const judged = await judge.judgeOwner(file);
      // Listed, and gone at a lookup: it has just left, or the lookup was answered from a cache. The next listing tells.
      if (judged === undefined) {
        alive.push({ verdict: 'leaving' });
        continue;
      }
      if (judged.isStale) await removeIfThere(this.#system.fileSystem.unlink(file));
      else alive.push(judged.holder);
    }
    return alive;
  }

  /** Removes the folder unless somebody is in it. */
  async clear(): Promise<void> {
    await this.#system.fileSystem.rmdir(this.path).catch(() => undefined);
  }

  async #makeFolder(): Promise<void> {
    try {
      await this.#system.fileSystem.mkdir(this.path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw accessError(this.path, error);
    }
  }

  async #entries(): Promise<readonly string[]> {
    try {
      return await this.#system.fileSystem.readdir(this.path);
    } catch (error) {
      if (isGone(error)) return [];
      throw accessError(this.path, error);
    }
  }
}
