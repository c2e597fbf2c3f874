/** One waiter's judgement of holders: alive, or stale and why. */
import { errorCode, isGone, type EntryStatus } from '../filesystem/lock-file-system.ts';
import { accessError } from './errors.ts';
import { parseHolder, type HolderRecord, type SeenHolder } from './holder.ts';
import { StandstillWatch } from './standstill.ts';
import type { LockSystem } from './system.ts';

export interface Judged {
  readonly holder: SeenHolder;
  readonly isStale: boolean;
  /** Since when it holds, ms; by two clocks, so only for pacing and for people. */
  readonly heldFor: number;
}

/** Records that are kept over a long wait. */
const MOST_REMEMBERED = 1_000;

export class HolderJudge {
  readonly watch: StandstillWatch;
  readonly #staleTimeout: number;
  readonly #system: LockSystem;
  /** Records by owner file: they never change. */
  readonly #records = new Map<string, HolderRecord>();

  /** @param lockPath the lock; a probe file may stand beside it for a moment. */
  constructor(lockPath: string, staleTimeout: number, system: LockSystem) {
    this.watch = new StandstillWatch(system, `${lockPath}.clock`);
    this.#staleTimeout = staleTimeout;
    this.#system = system;
  }

  /** Judges the holder whose record is the link `file`; undefined when it is gone. */
  async judgeOwner(file: string): Promise<Judged | undefined> {
    const { fileSystem } = this.#system;
    try {
      const status = await fileSystem.lstat(file);
      const record =
        this.#records.get(file) ?? (status.kind === 'link' ? parseHolder(await fileSystem.readlink(file)) : {});
      if (this.#records.size >= MOST_REMEMBERED) this.#records.clear();
      this.#records.set(file, record);
      return await this.judge(file, record, status, status.changed);
    } catch (error) {
      if (isGone(error) || errorCode(error) === 'EINVAL') return undefined;
      throw accessError(file, error);
    }
  }

  /** @param stamp the holder's last sign of life, by the server's clock. */
  async judge(key: string, record: HolderRecord, status: EntryStatus, stamp: number): Promise<Judged> {
    const liveness = this.#system.processes.judge(record, status.modified);
    const heldFor = Math.max(0, this.#system.clock.wall() - status.modified);
    if (liveness.state === 'dead') return { holder: { ...record, verdict: liveness.why }, isStale: true, heldFor };
    // A process that runs here but never beats can't be told from one that works.
    if (liveness.state === 'alive' && record.heartbeat === undefined)
      return { holder: { ...record, verdict: liveness.why }, isStale: false, heldFor };
    const beat = record.heartbeat ?? 0;
    // Never shorter than what the holder promised, whatever this waiter's own options say.
    const limit = Math.max(this.#staleTimeout, 3 * beat);
    const { still, silence } = await this.watch.stoodStill(key, `${status.inode} ${stamp}`, stamp, limit, 2 * beat);
    const verdict = still ? `${liveness.why}, and it showed no life for too long` : liveness.why;
    return { holder: { ...record, verdict, ...(silence === undefined ? {} : { silence }) }, isStale: still, heldFor };
  }
}
