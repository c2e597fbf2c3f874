/**
 * Small facts remembered on disk between runs; a store that can't be read or written only costs time.
 *
 * Recalling is synchronous: mocha loads a spec file without waiting for promises, and wants to know its tests.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { homedir } from 'node:os';

/** Folder of what this user's runs remember: `$XDG_CACHE_HOME/mocha-cocotb`, else `~/.cache/mocha-cocotb`. */
export function userCacheFolder(variables: Readonly<Record<string, string | undefined>>): string {
  const base = variables['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is ignored.
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'), 'mocha-cocotb');
}

/** A short name for anything that JSON can express. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** Reads what `remember` stored under a key; undefined when there is nothing usable. */
export function recall(folder: string, key: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(folder, `${key}.json`), 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Stores a JSON value whole or not at all; silently nothing where the folder can't be written. */
export async function remember(folder: string, key: string, value: unknown): Promise<void> {
  const temporary = path.join(folder, `.${key}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, JSON.stringify(value));
    await rename(temporary, path.join(folder, `${key}.json`));
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** What a stat tells of a file's or folder's state: changes when it is written, replaced, made or removed. As stamp() of python/facts.py. */
export function stampOf(file: string): string {
  try {
    const { mtimeNs, size, ino, mode } = statSync(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino} ${mode}`;
  } catch {
    return 'missing';
  }
}

/** Whether all files are as they were. */
export function areUnchanged(stamps: Readonly<Record<string, string>>): boolean {
  return Object.entries(stamps).every(([file, stamp]) => stampOf(file) === stamp);
}
