/** Gives a finished compile its name: from then on it is whole, durable and the same for everybody. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { manifestName, memoryImagesName, type Layout } from './layout.ts';
import type { Manifest, MemoryImages } from './manifest.ts';

/**
 * Publishes a staging folder as `builds/<id>` by one rename. If that build was published meanwhile, by a holder that a stale lock was taken
 * from, the earlier one stays: it is in use, and made of the same.
 */
export function publishBuild(layout: Layout, staging: string, manifest: Manifest, memoryImages: MemoryImages): void {
  writeFileSync(path.join(staging, manifestName), JSON.stringify(manifest, undefined, 1));
  writeFileSync(path.join(staging, memoryImagesName), JSON.stringify(memoryImages));
  const target = path.join(layout.builds, manifest.id);
  mkdirSync(layout.builds, { recursive: true });
  publishFolder(staging, target);
}

/** Writes a folder through to the disk and renames it, unless there is one of that name. */
export function publishFolder(staging: string, target: string): void {
  syncTree(staging);
  try {
    renameSync(staging, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENOENT: the rename was done, its reply was lost and the file server was asked again. The list of names is the server's, not a cache's.
    const isDone = (): boolean => readdirSync(path.dirname(target)).includes(path.basename(target));
    const isThere = code === 'ENOTEMPTY' || code === 'EEXIST' || (code === 'ENOENT' && isDone());
    if (!isThere) throw error;
    rmSync(staging, { recursive: true, force: true });
  }
  syncPath(path.dirname(target));
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) syncTree(place);
    else if (entry.isFile()) syncPath(place);
  }
  syncPath(folder);
}

function syncPath(place: string): void {
  const descriptor = openSync(place, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
