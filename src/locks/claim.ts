/** The protocol: one contender's claim to one lock folder. README.md beside this file says why it holds. */
import path from 'node:path';
import { errorCode, isGone, removeIfThere, type EntryStatus } from '../filesystem/lock-file-system.ts';
import { accessError } from './errors.ts';
import { formatHolder, HOLDER_FILE, parseHolder, type HolderRecord } from './holder.ts';
import { HolderJudge, type Judged } from './judge.ts';
import type { ResolvedLockOptions } from './options.ts';
import type { LockSystem } from './system.ts';
import type { Blockade } from './waiting.ts';

export type Attempt = { readonly state: 'claimed' } | ({ readonly state: 'blocked' } & Blockade);

/** A folder without an owner is free after so many ms: its maker crashed, or a releaser did. */
export const OWNERLESS_GRACE = 2_000;
/** Largest holder.info that is read, bytes. */
const HOLDER_LIMIT = 64 * 1024;
const OWNER_PREFIX = 'owner.';
/** A result that waits in the lock folder to be published; see `publish`. */
const STAGED_PREFIX = 'staged.';
const RELEASE_RETRIES = 6;
/** Stands for a holder.info that this user may not read. */
const UNREADABLE: HolderRecord = { hostname: '(unreadable holder.info)' };

export class Claim {
  /** Names this acquisition in the whole cluster. */
  readonly token: string;
  readonly ownerFile: string;
  readonly #path: string;
  readonly #holderFile: string;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;
  readonly #judge: HolderJudge;
  /** File of the owner that was judged alive last. */
  #owner: string | undefined;
  /** holder.info as read last, so that a foreign holder's file is opened once and not at every look. */
  #foreign: { status: EntryStatus; record: HolderRecord } | undefined;

  /** @param lockPath absolute path of the lock folder. */
  constructor(lockPath: string, options: ResolvedLockOptions, system: LockSystem) {
    this.#path = lockPath;
    this.#options = options;
    this.#system = system;
    this.token = system.newToken();
    this.ownerFile = path.join(lockPath, OWNER_PREFIX + this.token);
    this.#holderFile = path.join(lockPath, HOLDER_FILE);
    // A probe file shall not keep a parent folder of ours from being removed.
    this.#judge = new HolderJudge(options.makeParent ? path.dirname(lockPath) : lockPath, options.staleTimeout, system);
  }

  /** Where `publish` keeps its text for a moment. */
  get stagedFile(): string {
    return path.join(this.#path, STAGED_PREFIX + this.token);
  }

  /** One try. @throws NFSLockAccess */
  async attempt(): Promise<Attempt> {
    const { fileSystem } = this.#system;
    const blocked = await this.#stillBlocked();
    if (blocked !== undefined) return blocked;
    try {
      await fileSystem.mkdir(this.#path);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') return this.contend();
      if (code === 'ESTALE') {
        await this.#refresh();
        return nobody('stale handle');
      }
      if (code === 'ENOENT' && this.#options.makeParent) {
        await this.#makeParent();
        return nobody('no parent');
      }
      throw accessError(this.#path, error);
    }
    return (await this.#enter('empty')) ? { state: 'claimed' } : nobody('rivals');
  }

  /** Gives the lock back. False when it had been lost; then nothing of the new holder's was touched. @throws NFSLockAccess */
  async release(): Promise<boolean> {
    const start = this.#system.clock.now();
    try {
      await this.#system.fileSystem.unlink(this.ownerFile);
    } catch (error) {
      if (!isGone(error)) throw accessError(this.#path, error);
      // Lost, or our own unlink was sent twice. It was ours to the end if nobody has entered since.
      if (!(await this.#isAbandonedByUs())) return false;
    }
    await this.#clear(start);
    return true;
  }

  /** Asks the server whether this claim still stands, and shows a sign of life. */
  async verify(): Promise<boolean> {
    const { fileSystem } = this.#system;
    try {
      const { modified } = await fileSystem.lstat(this.ownerFile);
      // A change goes to the server whatever the client has cached.
      await fileSystem.touch(this.ownerFile, modified);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw accessError(this.#path, error);
    }
  }

  /**
   * Writes `text` to `target`, whole and durable, unless the lock was lost. The text waits in the lock folder first: whoever takes the lock over removes
   * staged files before it goes on, so that the rename of a holder that has lost it finds nothing to move.
   *
   * @throws what the file system answers; then nothing of it is left.
   */
  async publish(target: string, text: string): Promise<boolean> {
    const { fileSystem } = this.#system;
    try {
      await fileSystem.writeSynced(this.stagedFile, text);
      if (!(await this.verify())) {
        await removeIfThere(fileSystem.unlink(this.stagedFile));
        return false;
      }
      await fileSystem.rename(this.stagedFile, target);
      await fileSystem.syncFolder(path.dirname(target));
      return true;
    } catch (error) {
      await fileSystem.unlink(this.stagedFile).catch(() => undefined);
      // A result that can't be published because the lock is gone isn't an error of the file system.
      if (!(await this.verify().catch(() => true))) return false;
      throw error;
    }
  }

  /** Puts the owner file into the folder and looks who else is there. True when nobody is: that is the lock. */
  async #enter(expected: 'empty' | EntryStatus | undefined): Promise<boolean> {
    const { fileSystem } = this.#system;
    try {
      await fileSystem.symlink(formatHolder(this.#record()), this.ownerFile);
    } catch (error) {
      // Nobody else has this name: it is ours, made by a request that was sent twice.
      if (errorCode(error) !== 'EEXIST') {
        if (isGone(error)) return false;
        await fileSystem.rmdir(this.#path).catch(() => undefined);
        throw accessError(this.#path, error);
      }
    }
    try {
      const entries = await fileSystem.readdir(this.#path);
      const owners = entries.filter((entry) => entry.startsWith(OWNER_PREFIX));
      const isAlone = owners.length === 1 && owners[0] === OWNER_PREFIX + this.token;
      if (!isAlone || !(await this.#isAsExpected(entries, expected))) {
        await this.#withdraw();
        return false;
      }
      for (const entry of entries)
        if (entry.startsWith(STAGED_PREFIX)) await removeIfThere(fileSystem.unlink(path.join(this.#path, entry)));
      if (expected !== 'empty') await this.#removeTree(this.#holderFile);
      await this.#writeHolderFile();
      return true;
    } catch (error) {
      await this.#withdraw().catch(() => undefined);
      if (isGone(error)) return false;
      throw accessError(this.#path, error);
    }
  }

  async #writeHolderFile(): Promise<void> {
    const { fileSystem } = this.#system;
    const text = JSON.stringify({ ...this.#record(), token: this.token });
    for (let retry = 0; retry < 3; retry++) {
      try {
        return await fileSystem.writeNew(this.#holderFile, text);
      } catch (error) {
        // A late remover's leftover, or our own request sent twice. It only informs: the lock doesn't hang on it.
        if (errorCode(error) !== 'EEXIST') throw error;
        await this.#removeTree(this.#holderFile);
      }
    }
  }

  /** Whether holder.info is the one by which the folder was judged, so that this isn't a foreign holder's new folder. */
  async #isAsExpected(entries: readonly string[], expected: 'empty' | EntryStatus | undefined): Promise<boolean> {
    const isThere = entries.includes(HOLDER_FILE);
    if (expected === 'empty' || expected === undefined) return !isThere;
    if (!isThere) return false;
    return isSame(await this.#system.fileSystem.lstat(this.#holderFile), expected);
  }

  async #withdraw(): Promise<void> {
    const { fileSystem } = this.#system;
    await removeIfThere(fileSystem.unlink(this.ownerFile));
    // Two that met and both withdrew shall not leave an empty folder to wait for; a folder with anything in it stays.
    await fileSystem.rmdir(this.#path).catch(() => undefined);
  }

  /** Judges who has a folder that is there, and takes it over if nobody can have it any more. @throws NFSLockAccess */
  async contend(): Promise<Attempt> {
    const { fileSystem } = this.#system;
    let entries: readonly string[];
    try {
      await this.#refresh();
      entries = await fileSystem.readdir(this.#path);
    } catch (error) {
      if (isGone(error)) return nobody('released');
      throw accessError(this.#path, error);
    }
    const owners = entries.filter((entry) => entry.startsWith(OWNER_PREFIX));
    const seesInfo = entries.includes(HOLDER_FILE);
    if (owners.length === 0) return this.#contendOwnerless(seesInfo ? await this.#lstat(this.#holderFile) : undefined);
    const stale: string[] = [];
    const alive: Judged[] = [];
    for (const owner of owners) {
      const file = path.join(this.#path, owner);
      const judged = await this.#judge.judgeOwner(file);
      if (judged?.isStale === true) stale.push(file);
      else if (judged !== undefined) alive.push(judged);
    }
    const info = stale.length > 0 && seesInfo ? await this.#lstat(this.#holderFile) : undefined;
    let broken = 0;
    // Each removal succeeds once in the whole cluster: it is the right to go on.
    for (const file of stale) if (await this.#unlinkOnce(file)) broken++;
    const [first] = alive;
    if (first !== undefined) {
      const [owner] = owners;
      if (owners.length === 1 && owner !== undefined) this.#owner = path.join(this.#path, owner);
      return {
        state: 'blocked',
        holders: alive.map(({ holder }) => holder),
        key: owners.join(),
        heldFor: first.heldFor,
      };
    }
    if (broken === 0) return nobody('broken by another');
    return (await this.#enter(info)) ? { state: 'claimed' } : nobody('rivals');
  }

  /** Whether the owner that was judged last is still there and alive: two questions instead of a whole attempt. */
  async #stillBlocked(): Promise<Attempt | undefined> {
    const file = this.#owner;
    if (file === undefined) return undefined;
    this.#owner = undefined;
    try {
      // Opening the folder has an NFS client ask whether it was removed, or changed.
      await this.#system.fileSystem.refresh(this.#path);
    } catch {
      return undefined;
    }
    const judged = await this.#judge.judgeOwner(file);
    if (judged === undefined || judged.isStale) return undefined;
    this.#owner = file;
    return { state: 'blocked', holders: [judged.holder], key: path.basename(file), heldFor: judged.heldFor };
  }

  /** A folder without an owner file: a foreign holder's, or one that its maker or releaser has left. */
  async #contendOwnerless(info: EntryStatus | undefined): Promise<Attempt> {
    const record = info === undefined ? {} : await this.#readForeign(info);
    // What is left of a release whose process is gone needs no grace.
    const isLeftover =
      record.token !== undefined && this.#system.processes.judge(record, info?.modified ?? 0).state === 'dead';
    if (isLeftover) return (await this.#enter(info)) ? { state: 'claimed' } : nobody('rivals');
    if (info !== undefined && isForeignHolder(record)) {
      const judged = await this.#judge.judge(this.#holderFile, record, info, info.modified);
      if (!judged.isStale)
        return {
          state: 'blocked',
          holders: [judged.holder],
          key: `foreign ${info.inode} ${info.modified}`,
          heldFor: judged.heldFor,
        };
    } else {
      const folder = await this.#lstat(this.#path);
      if (folder === undefined) return nobody('released');
      const stamp = Math.max(folder.changed, folder.modified);
      const { still } = await this.#judge.watch.stoodStill(
        'folder',
        `${folder.inode} ${stamp}`,
        stamp,
        OWNERLESS_GRACE,
        0,
      );
      if (!still) return { ...nobody('ownerless'), heldFor: Math.max(0, this.#system.clock.wall() - stamp) };
    }
    return (await this.#enter(info)) ? { state: 'claimed' } : nobody('rivals');
  }

  /** The record in holder.info. Opened once for each version of the file: an open file turns its holder's unlink into a silly rename. */
  async #readForeign(status: EntryStatus): Promise<HolderRecord> {
    if (this.#foreign !== undefined && isSame(this.#foreign.status, status)) return this.#foreign.record;
    let record: HolderRecord = {};
    try {
      if (status.kind === 'file')
        record = parseHolder(await this.#system.fileSystem.readText(this.#holderFile, HOLDER_LIMIT));
    } catch (error) {
      // Not ours to read, but somebody's.
      record = isGone(error) ? {} : UNREADABLE;
    }
    this.#foreign = { status, record };
    return record;
  }

  async #unlinkOnce(file: string): Promise<boolean> {
    try {
      await this.#system.fileSystem.unlink(file);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw accessError(this.#path, error);
    }
  }

  async #isAbandonedByUs(): Promise<boolean> {
    const { fileSystem } = this.#system;
    try {
      await this.#refresh();
      const entries = await fileSystem.readdir(this.#path);
      if (entries.some((entry) => entry.startsWith(OWNER_PREFIX)) || !entries.includes(HOLDER_FILE)) return false;
      return parseHolder(await fileSystem.readText(this.#holderFile, HOLDER_LIMIT)).token === this.token;
    } catch {
      return false;
    }
  }

  /** Removes the folder that is no longer owned. */
  async #clear(start: number): Promise<void> {
    const { fileSystem, clock } = this.#system;
    // Suspended in between: others may have cleared it and be there themselves.
    if (clock.now() - start > OWNERLESS_GRACE / 2) return;
    await fileSystem.unlink(this.#holderFile).catch(() => undefined);
    for (let retry = 0; retry < RELEASE_RETRIES; retry++) {
      try {
        return await fileSystem.rmdir(this.#path);
      } catch {
        // Another process on this node has holder.info open: it is a .nfsXXXX until that one closes it.
        const entries = await fileSystem.readdir(this.#path).catch(() => []);
        if (
          !entries.some((entry) => entry.startsWith('.nfs')) ||
          entries.some((entry) => entry.startsWith(OWNER_PREFIX))
        )
          return;
        await clock.sleep(2 ** retry);
      }
    }
  }

  /** Removes what stands at holder.info's name, whatever it is; only while this claim keeps the folder. */
  async #removeTree(entry: string): Promise<void> {
    const { fileSystem } = this.#system;
    const status = await this.#lstat(entry);
    if (status === undefined) return;
    if (status.kind !== 'folder') return removeIfThere(fileSystem.unlink(entry));
    for (const child of await fileSystem.readdir(entry)) await this.#removeTree(path.join(entry, child));
    await removeIfThere(fileSystem.rmdir(entry));
  }

  async #lstat(entry: string): Promise<EntryStatus | undefined> {
    try {
      return await this.#system.fileSystem.lstat(entry);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw accessError(this.#path, error);
    }
  }

  async #makeParent(): Promise<void> {
    try {
      await this.#system.fileSystem.mkdir(path.dirname(this.#path));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw accessError(this.#path, error);
    }
  }

  async #refresh(): Promise<void> {
    await this.#system.fileSystem.refresh(path.dirname(this.#path)).catch(() => undefined);
  }

  #record(): HolderRecord {
    return {
      ...this.#system.processes.self(),
      timestamp: this.#system.clock.wall() / 1000,
      heartbeat: this.#options.heartbeatInterval,
    };
  }
}

const nobody = (key: string): Attempt & { readonly state: 'blocked' } => ({
  state: 'blocked',
  holders: [],
  key,
  heldFor: 0,
});

/** Written by a lock that knows no tokens, such as pytest-cocotb's. */
const isForeignHolder = (record: HolderRecord): boolean =>
  record.token === undefined && (record.hostname !== undefined || record.pid !== undefined);

const isSame = (a: EntryStatus, b: EntryStatus): boolean =>
  a.inode === b.inode && a.modified === b.modified && a.size === b.size;
