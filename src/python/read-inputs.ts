/** The inputs of a discovery, recorded so that a change of any of them is seen: files and folders by content, variables by value. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
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
export function recordInputs(
  reads: Reads,
  importFolders: readonly string[],
  variables: Variables,
): RecordedInputs | undefined {
  if (!reads.repeatable) return undefined;
  return {
    files: digestAll(reads.files, digestFile),
    folders: digestAll(
      reads.folders.filter((folder) => !importFolders.includes(folder)),
      (folder) => digestListing(folder, isListed),
    ),
    importFolders: digestAll(importFolders, digestModules),
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

type Digests = Readonly<Record<string, string | null>>;

function digestAll(paths: readonly string[], digestOne: (path: string) => string | null): Digests {
  return Object.fromEntries(paths.map((path) => [path, digestOne(path)] as const));
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

function areEqual(recorded: Digests, digestOne: (path: string) => string | null): boolean {
  return Object.entries(recorded).every(([name, digest]) => digestOne(name) === digest);
}
