/** Tells which of many paths are files, and whether one is a folder. */
import { readdirSync, statSync, type Stats } from 'node:fs';

/** How many files of a folder are asked for one by one before the folder is read. */
const few = 4;

/** A test for files that reads a folder rather than ask for each of many files in it. It remembers what it read: make one for each look. */
export function makeFileLookup(): (file: string) => boolean {
  const folders = new Map<string, { asked: number; files: ReadonlySet<string> | undefined }>();
  return (file) => {
    const slash = file.lastIndexOf('/');
    const place = file.slice(0, slash + 1);
    const folder = folders.get(place) ?? { asked: 0, files: undefined };
    if (folder.asked === 0) folders.set(place, folder);
    folder.asked++;
    if (folder.asked > few) folder.files ??= listFiles(place);
    // What a folder doesn't list may be there all the same: a link to a file, or another spelling where that is the same.
    return folder.files?.has(file.slice(slash + 1)) === true || isFile(file);
  };
}

/** Whether there is a folder, or a link to one. */
export function isFolder(folder: string): boolean {
  return statIfAny(folder)?.isDirectory() === true;
}

function isFile(file: string): boolean {
  return statIfAny(file)?.isFile() === true;
}

/** Nothing either where a part of the path is no folder, or may not be entered. */
function statIfAny(place: string): Stats | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function listFiles(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  } catch {
    return new Set();
  }
}
