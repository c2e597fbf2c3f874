/** Files that do not exist, and would be read instead of another one if they did. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { refreshFolder } from '../filesystem/fresh-stat.ts';
import type { ResolvedDesign } from '../options/design.ts';
import type { CompilePlan } from '../simulators/simulator.ts';
import { stampOf } from './file-stats.ts';
import { digestOf } from './layout.ts';

/** Folders that the tools search for included files and missing modules: every one that could be, since a needless entry costs a line. */
export function searchFolders(design: ResolvedDesign, plan: CompilePlan): readonly string[] {
  const folders = new Set([
    ...design.includes,
    ...design.libraryFolders,
    design.cwd,
    ...design.sources.map((source) => path.dirname(source.path)),
  ]);
  for (const { argv, cwd } of plan.commands) {
    for (const arg of argv) {
      for (const [, folder] of arg.matchAll(/(?:^|\s)-I\s*(\S+)/g))
        if (folder !== undefined) folders.add(path.resolve(cwd, folder));
    }
  }
  return [...folders];
}

/** Names of files by the folder that they would be in. There may be very many of them in few folders. */
export type FilesByFolder = Readonly<Record<string, readonly string[]>>;

/**
 * Paths at which a file that was found by searching could have been found, too, and where there is nothing.
 *
 * @param found - Absolute paths of files that were read without being named by the design.
 */
export function findAbsent(
  found: readonly string[],
  folders: readonly string[],
  extensions: readonly string[],
): readonly string[] {
  const absent = new Set<string>();
  for (const file of found) {
    const names = new Set([path.basename(file)]);
    for (const folder of folders) {
      if (file.startsWith(`${folder}/`)) names.add(file.slice(folder.length + 1));
    }
    for (const name of names) {
      for (const spelling of spellings(name, extensions)) {
        for (const folder of folders) absent.add(path.join(folder, spelling));
      }
    }
  }
  for (const file of findExisting(groupByFolder([...absent]))) absent.delete(file);
  return [...absent];
}

/** Sorted, so that the same files give the same text. */
export function groupByFolder(files: readonly string[]): FilesByFolder {
  const groups: Record<string, string[]> = {};
  for (const file of [...files].sort()) (groups[path.dirname(file)] ??= []).push(path.basename(file));
  return groups;
}

/** Those of the files that exist. Reads a folder rather than asking for each of many files in it. */
export function findExisting(files: FilesByFolder): readonly string[] {
  return Object.entries(files).flatMap(([folder, names]) => {
    const has = names.length <= 4 ? undefined : new Set(list(folder));
    if (has === undefined) refreshFolder(folder);
    return names
      .filter((name) => (has === undefined ? existsSync(path.join(folder, name)) : has.has(name)))
      .map((name) => path.join(folder, name));
  });
}

/**
 * What can be seen of all files that a compile could find. A failed compile doesn't say what it read: as long as this stays the same, there is
 * no reason to try again.
 */
export function fingerprintSearchPath(design: ResolvedDesign, plan: CompilePlan): string {
  const stamps = searchFolders(design, plan).flatMap((folder) =>
    list(folder)
      .filter((name) => sourceName.test(name) || design.libraryExtensions.includes(path.extname(name)))
      .map((name) => {
        const file = path.join(folder, name);
        const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
        return stat === undefined ? file : `${file} ${stampOf(stat)}`;
      }),
  );
  return digestOf(...stamps.sort());
}

/** HDL, C++ and what they include; not the logs and results that runs write beside them. */
const sourceName = /\.(s?vh?|vlt|vhdl?|f|inc|mem|hex|c|cc|cpp|cxx|h|hh|hpp)$/;

/** A module is looked for under each extension; an included file under its name alone. */
function spellings(name: string, extensions: readonly string[]): readonly string[] {
  const extension = path.extname(name);
  if (!extensions.includes(extension)) return [name];
  const stem = name.slice(0, -extension.length);
  return extensions.map((other) => stem + other);
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
