/** The few file operations that locks use, as an interface, and the real ones. */
import fs from 'node:fs/promises';
import os from 'node:os';
import { syncFolder, writeSynced } from './durable-write.ts';

export type EntryKind = 'file' | 'folder' | 'link' | 'other';

/** What `lstat` tells of an entry. Times are the file server's, ms since its epoch. */
export interface EntryStatus {
  readonly kind: EntryKind;
  readonly inode: number;
  readonly size: number;
  /** Last change of the content, or what `touch` was told to keep. */
  readonly modified: number;
  /** Last change of anything; only the server sets it. */
  readonly changed: number;
}

/**
 * File operations of the locks. Each is one request to the file server (more for those that open and close) and rejects
 * with Node's error and its `code`.
 */
export interface LockFileSystem {
  /** Makes one folder; EEXIST when anything has that name. */
  mkdir(path: string): Promise<void>;
  /** Removes an empty folder. */
  rmdir(path: string): Promise<void>;
  /** Makes a symbolic link whose target is `text`: a small record that is whole from the start and that nobody can hold open. EEXIST when anything has that name. */
  symlink(text: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  readdir(path: string): Promise<readonly string[]>;
  lstat(path: string): Promise<EntryStatus>;
  /** Lets the server stamp `changed` with its own clock; `modified` stays as given. */
  touch(path: string, modified: number): Promise<void>;
  /** The first `limit` bytes as text; invalid UTF-8 becomes U+FFFD. */
  readText(path: string, limit: number): Promise<string>;
  /** Makes a new file; EEXIST when anything has that name, a link too. */
  writeNew(path: string, text: string): Promise<void>;
  /** Makes or replaces a file and syncs it; removes it again when that fails. */
  writeSynced(path: string, text: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
  /** Opens and closes a folder, so that an NFS client asks the server what is in it now instead of believing its cache. */
  refresh(folder: string): Promise<void>;
}

/** The file operations of this machine. */
export const nodeFileSystem: LockFileSystem = {
  mkdir: async (path) => {
    await fs.mkdir(path);
  },
  rmdir: (path) => fs.rmdir(path),
  symlink: (text, path) => fs.symlink(text, path),
  readlink: (path) => fs.readlink(path),
  unlink: (path) => fs.unlink(path),
  rename: (from, to) => fs.rename(from, to),
  readdir: (path) => fs.readdir(path),
  async lstat(path) {
    const stats = await fs.lstat(path);
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
    return { kind, inode: stats.ino, size: stats.size, modified: stats.mtimeMs, changed: stats.ctimeMs };
  },
  touch: (path, modified) => fs.lutimes(path, Date.now() / 1000, modified / 1000),
  async readText(path, limit) {
    const file = await fs.open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(limit), 0, limit, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  },
  writeNew: (path, text) => fs.writeFile(path, text, { flag: 'wx' }),
  writeSynced,
  syncFolder,
  async refresh(folder) {
    const handle = await fs.open(folder, 'r');
    await handle.close();
  },
};

/** Names of errno values that Node (libuv) does not know: to it, ESTALE and EDQUOT are an `Unknown system error -116` and `-122`. */
const ERRNO_NAMES = new Map(Object.entries(os.constants.errno).map(([name, number]) => [-number, name]));

/** The error's code (`ENOENT`, ...), or undefined for what isn't a system error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  if (typeof code !== 'string') return undefined;
  const isUnnamed = code.startsWith('Unknown system error') && 'errno' in error && typeof error.errno === 'number';
  return isUnnamed ? (ERRNO_NAMES.get(error.errno as number) ?? code) : code;
}

/** Its message, by the name that other programs have for the error. */
export function describeSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replaceAll(/Unknown system error -\d+/g, errorCode(error) ?? '$&');
}

/** Whether an operation failed because what it names is not there (any more). */
export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ESTALE';
}

/** Awaits a removal; that there was nothing to remove is fine. */
export async function removeIfThere(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
