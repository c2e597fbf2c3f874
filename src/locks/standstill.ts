/** Tells how long something on the file server has stood still, without comparing the clocks of two nodes. */
import path from 'node:path';
import type { LockSystem } from './system.ts';

/** One waiter's view, kept over its whole wait. */
export class StandstillWatch {
  readonly #system: LockSystem;
  readonly #folder: string;
  readonly #seen = new Map<string, { value: string; watched: number; at: number }>();
  #serverOffset: Promise<number | undefined> | undefined;

  /** @param folder where a probe file may be made for a moment to learn the server's time. */
  constructor(system: LockSystem, folder: string) {
    this.#system = system;
    this.#folder = folder;
  }

  /**
   * Whether `key` has had this `value` for at least `limit` ms.
   *
   * Either this waiter watched it for so long by its own monotonic clock, or the server's stamp of the last change is so old by the server's own clock.
   * The latter needs the value to have been watched for `confirm` ms, in which a live holder would have beaten: after a pause of the whole machine
   * the waiter may be first to wake.
   */
  async stoodStill(
    key: string,
    value: string,
    stamp: number,
    limit: number,
    confirm: number,
  ): Promise<{ still: boolean; silence: number | undefined }> {
    const watched = this.#watch(key, value, limit);
    const serverNow = await this.#serverNow();
    const silence = serverNow === undefined ? undefined : Math.max(0, serverNow - stamp);
    const still =
      watched >= limit || (silence !== undefined && silence >= limit && watched >= Math.min(confirm, limit));
    return { still, silence };
  }

  /** ms for which `value` was seen unchanged. A gap between two looks counts for a quarter of the limit at most: this process may have been suspended, too. */
  #watch(key: string, value: string, limit: number): number {
    const now = this.#system.clock.now();
    const last = this.#seen.get(key);
    const watched = last?.value === value ? last.watched + Math.min(now - last.at, limit / 4) : 0;
    this.#seen.set(key, { value, watched, at: now });
    return watched;
  }

  async #serverNow(): Promise<number | undefined> {
    this.#serverOffset ??= this.#probe();
    const offset = await this.#serverOffset;
    return offset === undefined ? undefined : offset + this.#system.clock.now();
  }

  /** The server's clock less this process's monotonic one; undefined where nothing may be written. */
  async #probe(): Promise<number | undefined> {
    const { fileSystem, clock } = this.#system;
    const probe = path.join(this.#folder, `.clock.${this.#system.newToken()}`);
    try {
      await fileSystem.symlink('what time is it', probe);
      // A stamp taken before `now` makes things look younger, never older.
      const { changed } = await fileSystem.lstat(probe);
      return changed - clock.now();
    } catch {
      return undefined;
    } finally {
      await fileSystem.unlink(probe).catch(() => undefined);
    }
  }
}
