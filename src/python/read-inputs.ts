/** The inputs of a discovery, recorded so that a change of any of them is seen: files and folders by content, variables by value. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Variables } from '../options/variables.ts';

/** What Python code read at import, as python/discover.py tells it: as it was just before it was read, null for what was not there. */
export interface Reads {
  /** Digests. */
  readonly files: Digests;
  /** What was in them. */
  readonly folders: Readonly<Record<string, readonly string[] | null>>;
  readonly variables: readonly string[];
  /** False when it asked other processes or the network, whose answers can't be watched. */
  readonly repeatable: boolean;
}

/** Digests by path; null for what is not there. */
export type Digests = Readonly<Record<string, string | null>>;

/** Inputs by name, with what they held; null for what was not there. */
export interface RecordedInputs {
  readonly files: Digests;
  /** Folders whose whole listing was read. */
  readonly folders: Digests;
  /** Folders in which modules were looked for: a new module there may stand before another. */
  readonly importFolders: Digests;
  readonly variables: Readonly<Record<string, string | null>>;
}

/** Digests what is read without Python's telling: the folders in which modules are looked for. To be called before that. */
export function digestImportFolders(folders: readonly string[]): Digests {
  return Object.fromEntries(folders.map((folder) => [folder, digestModules(folder)] as const));
}

/** Records the inputs; undefined when they can't be watched. */
export function recordInputs(reads: Reads, importFolders: Digests, variables: Variables): RecordedInputs | undefined {
  if (!reads.repeatable) return undefined;
  return {
    files: reads.files,
    folders: Object.fromEntries(
      Object.entries(reads.folders)
        .filter(([folder]) => !Object.hasOwn(importFolders, folder))
        .map(([folder, names]) => [folder, names && digestNames(names.filter(isListed))] as const),
    ),
    importFolders,
    variables: Object.fromEntries(reads.variables.map((name) => [name, variables[name] ?? null])),
  };
}

/** Whether nothing changed since the inputs were recorded. */
export function isCurrent(inputs: RecordedInputs, variables: Variables): boolean {
  const { files, folders, importFolders } = inputs;
  if (Object.entries(inputs.variables).some(([name, value]) => (variables[name] ?? null) !== value)) return false;
  return (
    areEqual(files, digestFile) &&
    areEqual(folders, (folder) => digestListing(folder, isListed)) &&
    areEqual(importFolders, digestModules)
  );
}

function digestFile(file: string): string | null {
  try {
    return hash(readFileSync(file));
  } catch {
    return null;
  }
}

/** A folder that is missing has no modules, like an empty one. */
function digestModules(folder: string): string {
  return digestListing(folder, isImportable) ?? hash('');
}

function digestListing(folder: string, counts: (name: string, isFolder: boolean) => boolean): string | null {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.filter((entry) => counts(entry.name, entry.isDirectory())).map(({ name }) => name);
    return digestNames(names);
  } catch {
    return null;
  }
}

function digestNames(names: readonly string[]): string {
  return hash([...names].sort().join('\0'));
}

/** Python and editors leave these behind. */
function isListed(name: string): boolean {
  return name !== '__pycache__' && !name.startsWith('.');
}

function isImportable(name: string, isFolder: boolean): boolean {
  return isFolder ? isIdentifier(name) && isListed(name) : /\.(py|so)$/.test(name);
}

/** Whoever asks of all the characters of Unicode makes Node read their tables: 0.5 ms, which hardly any folder needs. */
function isIdentifier(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) || /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name);
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function areEqual(recorded: Digests, digestOne: (path: string) => string | null): boolean {
  return Object.entries(recorded).every(([name, digest]) => digestOne(name) === digest);
}
