/** The inputs of a discovery, recorded so that a change of any of them is seen: files and folders by content, variables by value. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Variables } from '../options/variables.ts';

/** What Python code read at import, as python/discover.py tells it. */
export interface Reads {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly variables: readonly string[];
  /** False when it asked other processes or the network, whose answers can't be watched. */
  readonly repeatable: boolean;
}

/** Inputs by name, with what they held; null for what was not there. */
export interface RecordedInputs {
  readonly files: Readonly<Record<string, string | null>>;
  /** Folders whose whole listing was read. */
  readonly folders: Readonly<Record<string, string | null>>;
  /** Folders in which modules were looked for: a new module there may stand before another. */
  readonly importFolders: Readonly<Record<string, string | null>>;
  readonly variables: Readonly<Record<string, string | null>>;
}

/** Records the inputs; undefined when they can't be watched. */
export async function recordInputs(
  reads: Reads,
  importFolders: readonly string[],
  variables: Variables,
): Promise<RecordedInputs | undefined> {
  if (!reads.repeatable) return undefined;
  return {
    files: await digestAll(reads.files, digestFile),
    folders: await digestAll(
      reads.folders.filter((folder) => !importFolders.includes(folder)),
      (folder) => digestListing(folder, isListed),
    ),
    importFolders: await digestAll(importFolders, (folder) => digestListing(folder, isImportable)),
    variables: Object.fromEntries(reads.variables.map((name) => [name, variables[name] ?? null])),
  };
}

/** Whether nothing changed since the inputs were recorded. */
export async function isCurrent(inputs: RecordedInputs, variables: Variables): Promise<boolean> {
  const { files, folders, importFolders } = inputs;
  if (Object.entries(inputs.variables).some(([name, value]) => (variables[name] ?? null) !== value)) return false;
  const [newFiles, newFolders, newImportFolders] = await Promise.all([
    digestAll(Object.keys(files), digestFile),
    digestAll(Object.keys(folders), (folder) => digestListing(folder, isListed)),
    digestAll(Object.keys(importFolders), (folder) => digestListing(folder, isImportable)),
  ]);
  return areEqual(files, newFiles) && areEqual(folders, newFolders) && areEqual(importFolders, newImportFolders);
}

type Digests = Readonly<Record<string, string | null>>;

async function digestAll(
  paths: readonly string[],
  digestOne: (path: string) => Promise<string | null>,
): Promise<Digests> {
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await digestOne(path)] as const)));
}

async function digestFile(file: string): Promise<string | null> {
  try {
    return hash(await readFile(file));
  } catch {
    return null;
  }
}

async function digestListing(
  folder: string,
  counts: (name: string, isFolder: boolean) => boolean,
): Promise<string | null> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => counts(entry.name, entry.isDirectory())).map(({ name }) => name);
    return hash(names.sort().join('\0'));
  } catch {
    return null;
  }
}

/** Python and editors leave these behind. */
function isListed(name: string): boolean {
  return name !== '__pycache__' && !name.startsWith('.');
}

function isImportable(name: string, isFolder: boolean): boolean {
  return isFolder ? /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) && isListed(name) : /\.(py|so)$/.test(name);
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function areEqual(left: Digests, right: Digests): boolean {
  return Object.entries(left).every(([name, digest]) => right[name] === digest);
}
