/** The protocol: one contender's claim to one lock folder. README.md beside this file says why it holds. */
import path from 'node:path';
import { errorCode, isGone, type EntryStatus } from '../filesystem/lock-file-system.ts';
import { accessError } from './errors.ts';
import { formatHolder, type HolderRecord } from './holder.ts';
import { HolderJudge, type Judged } from './judge.ts';
import { isSameFile, LockFolder, type FolderEntries } from './lock-folder.ts';
import type { ResolvedLockOptions } from './options.ts';
import type { LockSystem } from './system.ts';
import type { Blockade } from './waiting.ts';

export type Attempt = { readonly state: 'claimed' } | ({ readonly state: 'blocked' } & Blockade);

/** A folder without an owner is free after so many ms: its maker crashed, or a releaser did. */
const OWNERLESS_GRACE = 2_000;

/** What a folder must have for holder.info when it is entered: nothing, or the file by which it was judged free. */
type Expected = EntryStatus | undefined;

export class Claim {
  /** Names one entry into the folder in the whole cluster. */
  #token: string;
  readonly #folder: LockFolder;
  readonly #options: ResolvedLockOptions;
  readonly #system: LockSystem;
  readonly #judge: HolderJudge;
  /** File of the owner that was judged alive last. */
  #owner: string | undefined;

  /** @param lockPath absolute path of the lock folder. */
  constructor(lockPath: string, options: ResolvedLockOptions, system: LockSystem) {
    this.#folder = new LockFolder(lockPath, system);
    this.#options = options;
    this.#system = system;
    this.#token = system.newToken();
    // A probe file shall not keep a parent folder of ours from being removed.
    this.#judge = new HolderJudge(options.makeParent ? path.dirname(lockPath) : lockPath, options.staleTimeout, system);
  }

  /** The file on which the lock hangs. */
  get ownerFile(): string {
    return this.#folder.ownerFile(this.#token);
  }

  /** Where what is published under the claim waits for a moment. */
  get stagedFile(): string {
    return this.#folder.stagedFile(this.#token);
  }

  /** One try. @throws NFSLockAccess */
  async attempt(): Promise<Attempt> {
    const blocked = await this.#stillBlocked();
    if (blocked !== undefined) return blocked;
    try {
      await this.#system.fileSystem.mkdir(this.#folder.path);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') return this.contend();
      if (code === 'ESTALE') {
        await this.#folder.refreshParent();
        return nobody('stale handle');
      }
      if (code === 'ENOENT' && this.#options.makeParent) {
        await this.#folder.makeParent();
        return nobody('no parent');
      }
      throw accessError(this.#folder.path, error);
    }
    return this.#enter(undefined);
  }

  /** Judges who has a folder that is there, and takes it over if nobody can have it any more. @throws NFSLockAccess */
  async contend(): Promise<Attempt> {
    let entries: FolderEntries;
    try {
      await this.#folder.refreshParent();
      entries = await this.#folder.list();
    } catch (error) {
      if (isGone(error)) return nobody('released');
      throw accessError(this.#folder.path, error);
    }
    if (entries.owners.length === 0) return this.#contendOwnerless(await this.#holderStatus(entries));
    const stale: string[] = [];
    const alive: Judged[] = [];
    for (const owner of entries.owners) {
      const judged = await this.#judge.judgeOwner(owner);
      if (judged?.isStale === true) stale.push(owner);
      else if (judged !== undefined) alive.push(judged);
    }
    const info = stale.length > 0 ? await this.#holderStatus(entries) : undefined;
    let broken = 0;
    // Each removal succeeds once in the whole cluster: it is the right to go on.
    for (const owner of stale) if (await this.#folder.unlink(owner)) broken++;
    const [first] = alive;
    if (first !== undefined) {
      this.#owner = entries.owners.length === 1 ? entries.owners[0] : undefined;
      const holders = alive.map(({ holder }) => holder);
      return { state: 'blocked', holders, key: entries.owners.join(), heldFor: first.heldFor };
    }
    return broken === 0 ? nobody('broken by another') : this.#enter(info);
  }

  /** Gives the lock back. False when it had been lost; then nothing of the new holder's was touched. @throws NFSLockAccess */
  async release(): Promise<boolean> {
    const { clock } = this.#system;
    const start = clock.now();
    // If it is gone, it was lost, or our own request was sent twice: then it was ours to the end if nobody has entered since.
    if (!(await this.#folder.unlink(this.ownerFile)) && !(await this.#folder.isLeftBy(this.#token))) return false;
    // Suspended in between? Others may have cleared it and be there themselves.
    if (clock.now() - start < OWNERLESS_GRACE / 2) await this.#folder.clear();
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
      throw accessError(this.#folder.path, error);
    }
  }

  /** Puts the owner file into the folder and looks who else is there. Nobody: that is the lock. */
  async #enter(expected: Expected): Promise<Attempt> {
    const { fileSystem, clock, newToken } = this.#system;
    // A new name for each entry: somebody who judged an earlier one stale may still be about to remove it.
    this.#token = newToken();
    const record = this.#record();
    const start = clock.now();
    try {
      await fileSystem.symlink(formatHolder(record), this.ownerFile);
    } catch (error) {
      if (isGone(error)) return nobody('removed');
      // Nobody else has this name: if it is there, it is ours, made by a request that was sent twice.
      if (errorCode(error) !== 'EEXIST') {
        await fileSystem.rmdir(this.#folder.path).catch(() => undefined);
        throw accessError(this.#folder.path, error);
      }
    }
    try {
      const entries = await this.#folder.list();
      const isAlone = entries.owners.length === 1 && entries.owners[0] === this.ownerFile;
      if (!isAlone || !(await this.#isAsExpected(entries, expected))) {
        await this.#withdraw();
        return nobody('rivals');
      }
      for (const staged of entries.staged) await this.#folder.unlink(staged);
      if (expected !== undefined) await this.#folder.removeTree(this.#folder.holderFile);
      await this.#folder.writeHolderFile({ ...record, token: this.#token });
      // Suspended in between? Then somebody may have taken it over already.
      const isSlow = clock.now() - start > Math.min(OWNERLESS_GRACE, this.#options.staleTimeout) / 2;
      return isSlow && !(await this.verify()) ? nobody('lost') : { state: 'claimed' };
    } catch (error) {
      await this.#withdraw().catch(() => undefined);
      if (isGone(error)) return nobody('removed');
      throw accessError(this.#folder.path, error);
    }
  }

  /** Whether holder.info is the one by which the folder was judged, so that this isn't a foreign holder's new folder. */
  async #isAsExpected(entries: FolderEntries, expected: Expected): Promise<boolean> {
    if (expected === undefined || !entries.hasHolderFile) return expected === undefined && !entries.hasHolderFile;
    return isSameFile(await this.#system.fileSystem.lstat(this.#folder.holderFile), expected);
  }

  async #withdraw(): Promise<void> {
    await this.#folder.unlink(this.ownerFile);
    // Two that met and both withdrew shall not leave an empty folder to wait for; a folder with anything in it stays.
    await this.#system.fileSystem.rmdir(this.#folder.path).catch(() => undefined);
  }

  /** Whether the owner that was judged last is still there and alive: two questions instead of a whole attempt. */
  async #stillBlocked(): Promise<Attempt | undefined> {
    const owner = this.#owner;
    if (owner === undefined) return undefined;
    this.#owner = undefined;
    try {
      // Opening the folder has an NFS client ask whether it was removed, or changed.
      await this.#system.fileSystem.refresh(this.#folder.path);
    } catch {
      return undefined;
    }
    const judged = await this.#judge.judgeOwner(owner);
    if (judged === undefined || judged.isStale) return undefined;
    this.#owner = owner;
    return { state: 'blocked', holders: [judged.holder], key: owner, heldFor: judged.heldFor };
  }

  /** A folder without an owner file: a foreign holder's, or one that its maker or releaser has left. */
  async #contendOwnerless(info: EntryStatus | undefined): Promise<Attempt> {
    const record = info === undefined ? {} : await this.#folder.readHolderFile(info);
    if (info !== undefined && isForeignHolder(record)) {
      const { isStale, holder, heldFor } = await this.#judge.judge(
        this.#folder.holderFile,
        record,
        info,
        info.modified,
      );
      const key = `foreign ${info.inode} ${info.modified}`;
      return isStale ? this.#enter(info) : { state: 'blocked', holders: [holder], key, heldFor };
    }
    // What is left of a release whose process is gone needs no grace.
    const isLeftover =
      record.token !== undefined && this.#system.processes.judge(record, info?.modified ?? 0).state === 'dead';
    if (isLeftover) return this.#enter(info);
    const folder = await this.#folder.lstat(this.#folder.path);
    if (folder === undefined) return nobody('released');
    const { inode, changed } = folder;
    const value = `${inode} ${changed}`;
    const { still } = await this.#judge.watch.stoodStill('folder', value, changed, OWNERLESS_GRACE, 0);
    if (still) return this.#enter(info);
    return { ...nobody('ownerless'), heldFor: Math.max(0, this.#system.clock.wall() - changed) };
  }

  async #holderStatus(entries: FolderEntries): Promise<EntryStatus | undefined> {
    return entries.hasHolderFile ? this.#folder.lstat(this.#folder.holderFile) : undefined;
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
