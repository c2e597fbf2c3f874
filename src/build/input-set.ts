/** What a compile read, remembered for each request: the files whose contents decide whether it has to be done again. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { refreshFolder } from '../filesystem/fresh-stat.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { digestOf, type Layout } from './layout.ts';
import type { FilesByFolder } from './search-path.ts';

/** All names are those of `PathRoots`, sorted. */
export interface InputSet {
  readonly files: readonly string[];
  /** Files that did not exist and would be read if they did: earlier on a search path. */
  readonly absent: FilesByFolder;
  /** Roots that the products record by their absolute path, so that no other checkout can share the build. */
  readonly recorded: readonly string[];
}

/** Sets of a request that are kept: alternating between a few states of the sources finds each again. */
const kept = 8;

/** The remembered sets of a request, newest first; each is read when it is asked for, as most often the first will do. */
export function* readInputSets(layout: Layout, request: string): Generator<InputSet> {
  // Another node may just have made these folders; the last one is opened by listing it.
  for (const folder of [layout.root, layout.inputs]) refreshFolder(folder);
  for (const file of listSets(path.join(layout.inputs, request))) {
    const set = readInputSet(file);
    if (set !== undefined) yield set;
  }
}

/** Remembers a set, and forgets the oldest ones. */
export function rememberInputSet(layout: Layout, request: string, set: InputSet): void {
  const folder = path.join(layout.inputs, request);
  mkdirSync(folder, { recursive: true });
  writeJsonFile(path.join(folder, `${digestOf(JSON.stringify(set))}.json`), set);
  for (const old of listSets(folder).slice(kept)) rmSync(old, { force: true });
}

function listSets(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file);
}

function readInputSet(file: string): InputSet | undefined {
  const record = readJsonFile(file) as Partial<Record<keyof InputSet, unknown>> | undefined;
  if (record === undefined || record === null) return undefined;
  const { files, absent, recorded } = record;
  return isNames(files) && isNamesByFolder(absent) && isNames(recorded) ? { files, absent, recorded } : undefined;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isNamesByFolder(value: unknown): value is FilesByFolder {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isNames);
}
