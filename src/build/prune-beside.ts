/** Removes what is old beside the builds: folders of runs, compiled runtimes, and what is remembered of files. */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { list, removeTree, removeWhole, sizeOf } from './folder-contents.ts';
import type { Layout } from './layout.ts';
import { forgetLastUse, isInUse, lastUse, runsInUse, runtimeUse } from './registered-uses.ts';

export interface PruneBesideOptions {
  /** The present by the clock of the build folder, ms. */
  readonly now: number;
  /** Remove what was not used for so long, ms. */
  readonly maxAge: number;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** A folder that was removed. */
export interface PrunedFolder {
  readonly name: string;
  /** bytes */
  readonly size: number;
}

/** Removes the folders of runs in which no simulation was begun for so long, unless a live process belongs to the run. */
export function pruneRuns(layout: Layout, options: PruneBesideOptions): readonly PrunedFolder[] {
  const old = listOld(layout.runs, options);
  const live = old.length === 0 ? new Set() : runsInUse(layout, options.now);
  return old
    .filter((name) => !live.has(name))
    .map((name) => {
      const folder = path.join(layout.runs, name);
      const size = sizeOf(folder);
      if (!options.dryRun) removeTree(folder);
      return { name, size };
    });
}

/** Removes runtimes for which no process has compiled for so long. */
export function pruneRuntimes(layout: Layout, options: PruneBesideOptions): readonly PrunedFolder[] {
  const { now, maxAge, dryRun } = options;
  return listOld(layout.runtime, options)
    .filter((key) => now - lastUse(layout, runtimeUse(key)) >= maxAge && !isInUse(layout, runtimeUse(key), now))
    .map((name) => {
      const folder = path.join(layout.runtime, name);
      const size = sizeOf(folder);
      if (!dryRun) {
        removeWhole(folder, layout.staging);
        forgetLastUse(layout, runtimeUse(name));
      }
      return { name, size };
    });
}

/** Removes records of digests and of discovered tests that were not renewed for so long. They are read and written whole: losing one only costs time. */
export function pruneRecords(layout: Layout, options: PruneBesideOptions): void {
  for (const folder of [layout.digests, layout.discovery]) {
    const names = listOld(folder, options).filter((name) => name.endsWith('.json'));
    for (const name of names) rmSync(path.join(folder, name), { force: true });
  }
}

/** Names of entries that did not change for so long. */
function listOld(folder: string, { now, maxAge }: PruneBesideOptions): readonly string[] {
  return list(folder)
    .map(({ name }) => name)
    .filter((name) => {
      const changed = statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? now;
      return now - changed >= maxAge;
    });
}
