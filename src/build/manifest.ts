/** The records in each published build of what it was made of, and what it reads when it runs. */
import path from 'node:path';
import { readJsonFile } from './json-file.ts';
import { manifestName, memoryImagesName } from './layout.ts';
import type { FilesByFolder } from './search-path.ts';

/** Names of files are those of `PathRoots`. */
export interface Manifest {
  readonly version: 1;
  readonly id: string;
  readonly request: string;
  readonly toplevel: string;
  readonly simulator: string;
  readonly trace: boolean;
  /** Everything but files, by name. */
  readonly facts: Readonly<Record<string, string>>;
  /** Digest of each file's content, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly absent: FilesByFolder;
  /** Absolute paths that the products record, by root: other checkouts can't share this build. */
  readonly recorded: Readonly<Record<string, string>>;
  /** Folder that the names of files are relative to, where it was compiled. */
  readonly cwd: string;
  readonly host: string;
  /** ISO 8601. */
  readonly published: string;
  /** ms that the compile took. */
  readonly compileTime: number;
}

/** The manifest of a build folder; undefined when there is none. */
export function readManifest(folder: string): Manifest | undefined {
  const record = readJsonFile(path.join(folder, manifestName)) as Partial<Manifest> | undefined;
  return record?.version === 1 && typeof record.facts === 'object' && typeof record.files === 'object'
    ? (record as Manifest)
    : undefined;
}

/** Where memory images that the sources name by a relative path were found, by that path: names of `PathRoots`. */
export type MemoryImages = Readonly<Record<string, string>>;

/** The memory images of a build folder. In a file of their own: every run wants them, and the manifest of a large design takes a while to read. */
export function readMemoryImages(folder: string): MemoryImages {
  return (readJsonFile(path.join(folder, memoryImagesName)) ?? {}) as MemoryImages;
}
