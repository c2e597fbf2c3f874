/** Tells how long something on the file server has stood still, without comparing the clocks of two nodes. */
import { errorCode, isGone } from '../filesystem/lock-file-system.ts';
import type { LockSystem } from './system.ts';

/** Locks that change hands quickly cost no question for the time, ms. */
const PROBE_AFTER = 250;

const MOST_WATCHED = 1_000;

/** One waiter's view, kept over its whole wait. */
export class StandstillWatch {
  readonly #system: LockSystem;
  readonly #probeFile: string;
  readonly #seen = new Map<string, { value: string; watched: number; at: number }>();
  #serverOffset: Promise<number | undefined> | undefined;

  /** @param probeFile a name that may be used for a moment to learn the server's time. */
  constructor(system: LockSystem, probeFile: string) {
    this.#system = system;
    this.#probeFile = probeFile;
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
    const serverNow = watched >= Math.min(PROBE_AFTER, limit / 4) ? await this.#serverNow() : undefined;
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
    // The one seen last stands last; over a long wait many come and go.
    this.#seen.delete(key);
    this.#seen.set(key, { value, watched, at: now });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST_WATCHED && oldest !== undefined) this.#seen.delete(oldest);
    return watched;
  }

  /** The server's time now; undefined where nothing may be written. Asked once: clocks drift little over one wait. */
  async #serverNow(): Promise<number | undefined> {
    this.#serverOffset ??= this.#probe();
    const offset = await this.#serverOffset;
    return offset === undefined ? undefined : offset + this.#system.clock.now();
  }

  /** The server's clock less this process's monotonic one. All waiters use one name: what a crash leaves behind the next one removes. */
  async #probe(): Promise<number | undefined> {
    const { fileSystem, clock } = this.#system;
    try {
      try {
        await fileSystem.symlink('what time is it', this.#probeFile);
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
        await fileSystem.touch(this.#probeFile, clock.wall());
      }
      // A stamp taken before `now` makes things look younger, never older.
      const { changed } = await fileSystem.lstat(this.#probeFile);
      return changed - clock.now();
    } catch (error) {
      // Another waiter removed it meanwhile: ask again at the next look.
      if (isGone(error)) this.#serverOffset = undefined;
      return undefined;
    } finally {
      await fileSystem.unlink(this.#probeFile).catch(() => undefined);
    }
  }
}
