/** Finds locks below a folder, says who has them, and breaks one on a person's word. */
import path from 'node:path';
import { errorCode, isGone, type EntryStatus } from '../filesystem/lock-file-system.ts';
import { NFSLockAccess } from './errors.ts';
import { HOLDER_FILE, parseHolder, type HolderRecord } from './holder.ts';
import type { Liveness } from './liveness.ts';
import { READER_PREFIX, WRITER } from './shared-folder.ts';
import { nodeSystem, type LockSystem } from './system.ts';

/** One holder of a lock as it stands in the file system. */
export interface LockEntry {
  /** The file that is the claim: who removes it has ended the claim. */
  readonly file: string;
  readonly access: 'exclusive' | 'shared';
  readonly holder: HolderRecord;
  readonly liveness: Liveness;
  /** When the lock was taken and when the holder last showed a sign of life: ms since the epoch by the file server's clock. */
  readonly since: number;
  readonly lastSign: number;
}

export interface FoundLock {
  /** The lock folder. */
  readonly path: string;
  /** Empty when the folder has no owner: somebody is just taking or releasing it, or crashed there. */
  readonly entries: readonly LockEntry[];
}

/** Folders that hold no locks and are large. */
const SKIPPED = new Set(['node_modules', '.git']);
const CLAIM = /^(owner|reader)\.[\w-]+$/;

/** All locks at or below a folder, in order of their paths. What can't be read is left out. */
export async function findLocks(folder: string, system: LockSystem = nodeSystem): Promise<readonly FoundLock[]> {
  const found: FoundLock[] = [];
  await search(path.resolve(folder), found, system);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The lock with this path; undefined when there is none. */
async function inspectLock(lockPath: string, system: LockSystem = nodeSystem): Promise<FoundLock | undefined> {
  const entries = await readFolder(lockPath, system);
  return entries === undefined ? undefined : inspectEntries(lockPath, entries, system);
}

/**
 * Breaks a lock: ends its claims, and removes the folder. Live holders learn of it at their next heartbeat. A process that takes the lock meanwhile keeps
 * it.
 *
 * @throws NFSLockAccess when a holder is known to run here (end it instead), or the file system refuses.
 */
export async function breakLock(lockPath: string, system: LockSystem = nodeSystem): Promise<FoundLock | undefined> {
  const { fileSystem } = system;
  const lock = await inspectLock(lockPath, system);
  if (lock === undefined) return undefined;
  for (const { holder, liveness } of lock.entries) {
    if (liveness.state === 'alive') {
      throw new NFSLockAccess(
        lockPath,
        `it is in use: ${liveness.why}`,
        `End pid ${holder.pid ?? '?'} instead; the lock goes with it.`,
      );
    }
  }
  try {
    for (const { file } of lock.entries) await fileSystem.unlink(file).catch(ignoreGone);
    for (const folder of [path.join(lockPath, WRITER), lockPath]) {
      const rest = (await readFolder(folder, system)) ?? [];
      // Only what has no owner: a new one may be there by now.
      if (rest.length === 1 && rest[0] === HOLDER_FILE)
        await fileSystem.unlink(path.join(folder, HOLDER_FILE)).catch(ignoreGone);
      await fileSystem.rmdir(folder).catch(ignoreGone);
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY') throw new NFSLockAccess(lockPath, error, 'Check its permissions.');
  }
  return lock;
}

async function search(folder: string, found: FoundLock[], system: LockSystem): Promise<void> {
  const entries = await readFolder(folder, system);
  if (entries === undefined) return;
  if (isLockFolder(folder, entries)) {
    found.push(await inspectEntries(folder, entries, system));
    return;
  }
  for (const entry of entries) {
    if (SKIPPED.has(entry)) continue;
    const child = path.join(folder, entry);
    const status = await system.fileSystem.lstat(child).catch(() => undefined);
    if (status?.kind === 'folder') await search(child, found, system);
  }
}

/** An empty folder is a lock only by its name. */
function isLockFolder(folder: string, entries: readonly string[]): boolean {
  return (
    entries.some((entry) => entry === HOLDER_FILE || CLAIM.test(entry)) ||
    (entries.every((entry) => entry === WRITER) && folder.endsWith('.lock'))
  );
}

async function inspectEntries(lockPath: string, names: readonly string[], system: LockSystem): Promise<FoundLock> {
  const { fileSystem } = system;
  const entries: LockEntry[] = [];
  for (const name of names) {
    const file = path.join(lockPath, name);
    if (CLAIM.test(name)) {
      await add(
        entries,
        file,
        name.startsWith(READER_PREFIX) ? 'shared' : 'exclusive',
        () => fileSystem.readlink(file),
        system,
      );
    } else if (name === WRITER) {
      const writer = await inspectLock(file, system);
      entries.push(...(writer?.entries ?? []));
    }
  }
  // A lock of pytest-cocotb has nothing but this.
  if (names.includes(HOLDER_FILE) && !names.some((name) => CLAIM.test(name))) {
    const file = path.join(lockPath, HOLDER_FILE);
    await add(entries, file, 'exclusive', () => fileSystem.readText(file, 64 * 1024), system);
  }
  return { path: lockPath, entries };
}

async function add(
  entries: LockEntry[],
  file: string,
  access: LockEntry['access'],
  read: () => Promise<string>,
  system: LockSystem,
): Promise<void> {
  let status: EntryStatus;
  let holder: HolderRecord;
  try {
    status = await system.fileSystem.lstat(file);
    holder = parseHolder(await read());
  } catch (error) {
    if (isGone(error)) return;
    status = { kind: 'other', inode: 0, size: 0, modified: NaN, changed: NaN };
    holder = {};
  }
  const liveness = system.processes.judge(holder, status.modified);
  entries.push({ file, access, holder, liveness, since: status.modified, lastSign: status.changed });
}

async function readFolder(folder: string, system: LockSystem): Promise<readonly string[] | undefined> {
  try {
    return await system.fileSystem.readdir(folder);
  } catch {
    return undefined;
  }
}

function ignoreGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
