/** What is in a lock folder, read and changed without any decision about who has the lock. */
import path from 'node:path';
import { errorCode, isGone, removeIfThere, type EntryStatus } from '../filesystem/lock-file-system.ts';
import { accessError } from './errors.ts';
import { HOLDER_FILE, parseHolder, type HolderRecord } from './holder.ts';
import type { LockSystem } from './system.ts';

/** Largest holder.info that is read, bytes. */
const HOLDER_LIMIT = 64 * 1024;
const OWNER_PREFIX = 'owner.';
/** A result that waits to be published; see publish.ts. */
const STAGED_PREFIX = 'staged.';
const RELEASE_RETRIES = 6;
/** Stands for a holder.info that this user may not read. */
const UNREADABLE: HolderRecord = { hostname: '(unreadable holder.info)' };

/** Names in a lock folder. */
export interface FolderEntries {
  readonly owners: readonly string[];
  readonly staged: readonly string[];
  readonly hasHolderFile: boolean;
}

export class LockFolder {
  readonly path: string;
  readonly holderFile: string;
  readonly #system: LockSystem;
  /** holder.info as read last, so that a foreign holder's file is opened once and not at every look. */
  #foreign: { status: EntryStatus; record: HolderRecord } | undefined;

  constructor(folder: string, system: LockSystem) {
    this.path = folder;
    this.holderFile = path.join(folder, HOLDER_FILE);
    this.#system = system;
  }

  ownerFile(token: string): string {
    return path.join(this.path, OWNER_PREFIX + token);
  }

  stagedFile(token: string): string {
    return path.join(this.path, STAGED_PREFIX + token);
  }

  /** As the server has it after our own change to the folder; after `refresh` otherwise. */
  async list(): Promise<FolderEntries> {
    const entries = await this.#system.fileSystem.readdir(this.path);
    const named = (prefix: string): string[] =>
      entries.filter((entry) => entry.startsWith(prefix)).map((entry) => path.join(this.path, entry));
    return { owners: named(OWNER_PREFIX), staged: named(STAGED_PREFIX), hasHolderFile: entries.includes(HOLDER_FILE) };
  }

  /** Has an NFS client ask whether the folder is still there. */
  async refreshParent(): Promise<void> {
    await this.#system.fileSystem.refresh(path.dirname(this.path)).catch(() => undefined);
  }

  async makeParent(): Promise<void> {
    try {
      await this.#system.fileSystem.mkdir(path.dirname(this.path));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw accessError(this.path, error);
    }
  }

  /** undefined when the entry is gone. */
  async lstat(entry: string): Promise<EntryStatus | undefined> {
    try {
      return await this.#system.fileSystem.lstat(entry);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw accessError(this.path, error);
    }
  }

  /** False when it was gone already. */
  async unlink(file: string): Promise<boolean> {
    try {
      await this.#system.fileSystem.unlink(file);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw accessError(this.path, error);
    }
  }

  async writeHolderFile(record: HolderRecord): Promise<void> {
    for (let retry = 0; retry < 3; retry++) {
      try {
        return await this.#system.fileSystem.writeNew(this.holderFile, JSON.stringify(record));
      } catch (error) {
        // A late remover's leftover, or our own request sent twice. It only informs: the lock doesn't hang on it.
        if (errorCode(error) !== 'EEXIST') throw error;
        await this.removeTree(this.holderFile);
      }
    }
  }

  /** The record in holder.info. Opened once for each version of the file: an open file turns its holder's unlink into a silly rename. */
  async readHolderFile(status: EntryStatus): Promise<HolderRecord> {
    if (this.#foreign !== undefined && isSameFile(this.#foreign.status, status)) return this.#foreign.record;
    const record = status.kind === 'file' ? await this.#readHolder() : {};
    this.#foreign = { status, record };
    return record;
  }

  /** Whether nobody has entered since the holder with this token left: its holder.info is there and no owner's file. */
  async isLeftBy(token: string): Promise<boolean> {
    try {
      await this.refreshParent();
      const { owners, hasHolderFile } = await this.list();
      return owners.length === 0 && hasHolderFile && (await this.#readHolder()).token === token;
    } catch {
      return false;
    }
  }

  /** Removes the folder that has no owner any more. One that somebody has entered since stays. */
  async clear(): Promise<void> {
    const { fileSystem, clock } = this.#system;
    await fileSystem.unlink(this.holderFile).catch(() => undefined);
    for (let retry = 0; retry < RELEASE_RETRIES; retry++) {
      try {
        return await fileSystem.rmdir(this.path);
      } catch {
        // Another process on this node has holder.info open: it is a .nfsXXXX until that one closes it.
        const entries = await fileSystem.readdir(this.path).catch(() => []);
        const isOnlyOpenFiles = entries.length > 0 && entries.every((entry) => entry.startsWith('.nfs'));
        if (!isOnlyOpenFiles) return;
        await clock.sleep(2 ** retry);
      }
    }
  }

  /** Removes what stands at a name, whatever it is; only while the own claim keeps the folder. */
  async removeTree(entry: string): Promise<void> {
    const { fileSystem } = this.#system;
    const status = await this.lstat(entry);
    if (status === undefined) return;
    if (status.kind !== 'folder') return removeIfThere(fileSystem.unlink(entry));
    for (const child of await fileSystem.readdir(entry)) await this.removeTree(path.join(entry, child));
    await removeIfThere(fileSystem.rmdir(entry));
  }

  async #readHolder(): Promise<HolderRecord> {
    try {
      return parseHolder(await this.#system.fileSystem.readText(this.holderFile, HOLDER_LIMIT));
    } catch (error) {
      // Not ours to read, but somebody's.
      return isGone(error) ? {} : UNREADABLE;
    }
  }
}

/** Whether two looks saw one file with one content. */
export function isSameFile(a: EntryStatus, b: EntryStatus): boolean {
  return a.inode === b.inode && a.modified === b.modified && a.size === b.size;
}
