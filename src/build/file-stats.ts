/** Stats of many files, as fast as where they are allows. */
import { statSync, statfsSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';

/** A file's stat in nanoseconds, or undefined where there is no file. */
export type FileStat = BigIntStats | undefined;

/** Files that are timed together. */
const group = 8;

/** ms a file from which on several requests at once pay for their overhead: local files take hundredths, a file server tenths. */
const slow = 0.15;

/**
 * What `see` takes from one stat of each file, in order. It takes that at once, since a stat is a large object: thousands of them together cost more than the calls.
 *
 * Synchronous calls are several times faster where the kernel answers from memory, but wait for a file server one after the
 * other: each eight groups show which it is, by their median, since a busy node delays a few of them, too.
 */
export async function statFiles<Seen>(
  files: readonly string[],
  see: (stat: FileStat, file: string) => Seen,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const times: number[] = [];
  while (seen.length < files.length) {
    const start = performance.now();
    for (const file of files.slice(seen.length, seen.length + group)) seen.push(see(statFile(file), file));
    times.push(performance.now() - start);
    if (times.length < 8) continue;
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    if (median > slow * group) break;
    times.length = 0;
  }
  const rest = files.slice(seen.length).map(async (file) => see(await statSlowFile(file), file));
  return rest.length === 0 ? seen : [...seen, ...(await Promise.all(rest))];
}

/** What tells a changed file from an unchanged one, as text. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  // One flat string: V8 keeps a template's result as a tree of its pieces, three times as large, and there may be thousands.
  return [size, ino, mtimeNs, ctimeNs].join(' ');
}

/** When the file last changed by its own file system's clock, ns since the epoch. */
export function changeTime(stat: BigIntStats): bigint {
  return stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
}

/** Tells whether a file's time stamps and those of a reference come from one clock. */
export class Clocks {
  readonly #reference: bigint;
  readonly #referenceIsLocal: boolean;
  readonly #isLocal = new Map<bigint, boolean>();

  constructor(referenceFolder: string) {
    this.#reference = statSync(referenceFolder, { bigint: true }).dev;
    this.#referenceIsLocal = isLocalFileSystem(referenceFolder);
  }

  /** One file system has one clock, and this node's own file systems share its clock. */
  agree(file: string, { dev }: BigIntStats): boolean {
    if (dev === this.#reference) return true;
    if (!this.#referenceIsLocal) return false;
    const known = this.#isLocal.get(dev);
    if (known !== undefined) return known;
    const isLocal = isLocalFileSystem(path.dirname(file));
    this.#isLocal.set(dev, isLocal);
    return isLocal;
  }
}

/** Magic numbers of statfs(2): ext, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs. */
const localFileSystems = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010]);

function isLocalFileSystem(folder: string): boolean {
  try {
    return localFileSystems.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

function statFile(file: string): FileStat {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    // ENOTDIR, EACCES: nobody can compile it either.
    return undefined;
  }
}

async function statSlowFile(file: string): Promise<FileStat> {
  return stat(file, { bigint: true }).catch(() => undefined);
}
