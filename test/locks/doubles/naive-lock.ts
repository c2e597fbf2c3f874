/**
 * A mkdir lock as it is often written, pytest-cocotb's among them, with its faults: a stale lock is broken by whoever judged it, a folder without holder.info is
 * waited for, and release removes whatever is there. The explorer must find all three.
 */
import { errorCode } from '../../../src/filesystem/lock-file-system.ts';
import { parseHolder } from '../../../src/locks/holder.ts';
import type { LockSystem } from '../../../src/locks/system.ts';

export class NaiveLock {
  readonly #path: string;
  readonly #staleTimeout: number;
  readonly #system: LockSystem;

  constructor(path: string, staleTimeout: number, system: LockSystem) {
    this.#path = path;
    this.#staleTimeout = staleTimeout;
    this.#system = system;
  }

  async acquire(): Promise<void> {
    const { fileSystem, clock, processes } = this.#system;
    while (true) {
      try {
        await fileSystem.mkdir(this.#path);
        await fileSystem.writeNew(
          `${this.#path}/holder.info`,
          JSON.stringify({ ...processes.self(), timestamp: clock.wall() / 1000 }),
        );
        return;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') continue;
      }
      if (await this.#isStale()) await this.release();
      else await clock.sleep(100);
    }
  }

  async release(): Promise<void> {
    const { fileSystem } = this.#system;
    await fileSystem.unlink(`${this.#path}/holder.info`).catch(() => undefined);
    await fileSystem.rmdir(this.#path).catch(() => undefined);
  }

  async #isStale(): Promise<boolean> {
    const { fileSystem, clock, processes } = this.#system;
    try {
      const holder = parseHolder(await fileSystem.readText(`${this.#path}/holder.info`, 1000));
      return (
        processes.judge(holder, 0).state === 'dead' ||
        clock.wall() - (holder.timestamp ?? 0) * 1000 > this.#staleTimeout
      );
    } catch {
      return false;
    }
  }
}
