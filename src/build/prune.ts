/** Removes what is old in the build folder, never what a live process uses, and what dead processes left there. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { serverTime } from '../filesystem/server-time.ts';
import { NFSLock } from '../locks/nfs-lock.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { BuildAccess, refusedPath } from './errors.ts';
import { layoutOf, type Layout } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { list, removeTree, removeWhole, sizeOf } from './folder-contents.ts';
import { pruneRecords, pruneRuns, pruneRuntimes, type PrunedFolder } from './prune-beside.ts';
import { forgetLastUse, isInUse, lastUse, pruneLockOf, runtimeUse } from './registered-uses.ts';

export interface PruneOptions {
  /** Remove builds, folders of runs and compiled runtimes that were not used for so long, ms. @defaultValue 14 days */
  readonly maxAge?: number;
  /** Then remove the longest unused until all builds together are no larger, bytes. @defaultValue no limit */
  readonly maxSize?: number;
  /** Only builds for which this is true, and nothing beside them. @defaultValue all */
  readonly filter?: (manifest: Manifest) => boolean;
  /** Only say what would be removed. @defaultValue false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface PrunedBuild {
  readonly id: string;
  readonly toplevel: string;
  readonly simulator: string;
  /** bytes */
  readonly size: number;
  /** Since its last use, ms. */
  readonly age: number;
}

export interface PruneResult {
  readonly removed: readonly PrunedBuild[];
  /** Would have been removed, and is in use. */
  readonly inUse: readonly PrunedBuild[];
  /** Bytes of builds that stay. */
  readonly remaining: number;
  readonly runs: readonly PrunedFolder[];
  readonly runtimes: readonly PrunedFolder[];
}

const day = 86_400_000;

/** How long what no lock protects stays although nothing is known to use it, ms: folders of compiles and of remembered inputs. */
const leftoverAge = day;

/**
 * Prunes a build folder. One process prunes at a time; a process that gets a build meanwhile waits for it to end.
 *
 * @throws BuildAccess and the errors of NFSLock
 */
export async function prune(simBuild: string, options: PruneOptions = {}): Promise<PruneResult> {
  const layout = layoutOf(simBuild);
  if (!existsSync(layout.builds)) return { removed: [], inUse: [], remaining: 0, runs: [], runtimes: [] };
  const lock = new NFSLock(pruneLockOf(layout), {
    staleTimeout: OWN_STALE_TIMEOUT,
    ...(options.signal && { signal: options.signal }),
  });
  try {
    mkdirSync(layout.locks, { recursive: true });
    return await lock.use(() => pruneAlone(layout, options));
  } catch (error) {
    const refused = refusedPath(error, layout.root);
    throw refused === undefined ? error : new BuildAccess(refused, error);
  }
}

function pruneAlone(layout: Layout, options: PruneOptions): PruneResult {
  const { maxAge = 14 * day, maxSize = Infinity, filter, dryRun = false } = options;
  const now = Number(serverTime(layout.locks)) / 1e6;
  const builds = listBuilds(layout, now, filter ?? (() => true));
  const removed: PrunedBuild[] = [];
  const inUse: PrunedBuild[] = [];
  let remaining = builds.reduce((sum, { size }) => sum + size, 0);
  for (const { isOfOneRun, ...build } of [...builds].sort((a, b) => b.age - a.age)) {
    const ageLimit = isOfOneRun ? Math.min(maxAge, leftoverAge) : maxAge;
    if (build.age < ageLimit && remaining <= maxSize) continue;
    if (isInUse(layout, build.id, now)) {
      inUse.push(build);
      continue;
    }
    removed.push(build);
    remaining -= build.size;
    if (!dryRun) {
      removeWhole(path.join(layout.builds, build.id), layout.staging);
      forgetLastUse(layout, build.id);
    }
  }
  const beside = { now, maxAge: filter === undefined ? maxAge : Infinity, dryRun };
  const runs = pruneRuns(layout, beside);
  const runtimes = pruneRuntimes(layout, beside);
  if (!dryRun) {
    pruneRecords(layout, beside);
    removeLeftovers(layout, now);
    removeUses(layout, now);
  }
  return { removed, inUse, remaining, runs, runtimes };
}

/** A build that may be pruned. With the option always every run makes one of its own, which no later run will use. */
type Candidate = PrunedBuild & { readonly isOfOneRun: boolean };

function listBuilds(layout: Layout, now: number, filter: (manifest: Manifest) => boolean): readonly Candidate[] {
  return list(layout.builds).flatMap((entry) => {
    const folder = path.join(layout.builds, entry.name);
    const manifest = entry.isDirectory() ? readManifest(folder) : undefined;
    if (manifest === undefined || !filter(manifest)) return [];
    const used = Math.max(lastUse(layout, entry.name), statSync(folder).mtimeMs);
    const { toplevel, simulator, facts } = manifest;
    const age = Math.max(0, now - used);
    return [
      { id: entry.name, toplevel, simulator, size: sizeOf(folder), age, isOfOneRun: facts['always'] !== undefined },
    ];
  });
}

function removeLeftovers(layout: Layout, now: number): void {
  const requests = new Set(
    list(layout.builds).map((entry) => readManifest(path.join(layout.builds, entry.name))?.request),
  );
  for (const folder of [layout.staging, path.join(layout.calls, '.locks'), layout.failures, layout.inputs]) {
    for (const entry of list(folder)) {
      if (entry.name.endsWith('.lock')) continue;
      const place = path.join(folder, entry.name);
      const changed = statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (now - changed < leftoverAge || (folder === layout.inputs && requests.has(entry.name))) continue;
      // The lock of the attempt that the folder is named after: a compile may well take a day.
      if (existsSync(path.join(layout.calls, '.locks', `${entry.name.split('+')[0] ?? ''}.lock`))) continue;
      removeTree(place);
    }
  }
}

/** Registrations of builds and runtimes that are gone. */
function removeUses(layout: Layout, now: number): void {
  const builds = list(layout.builds).map(({ name }) => name);
  const runtimes = list(layout.runtime).map(({ name }) => runtimeUse(name));
  const there = new Set([...builds, ...runtimes]);
  for (const { name } of list(layout.uses)) {
    if (!there.has(name) && !isInUse(layout, name, now)) forgetLastUse(layout, name);
  }
}
