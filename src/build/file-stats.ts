/** Stats of many files, as fast as where they are allows. */
import { statSync, type BigIntStats } from 'node:fs';
import pLimit from 'p-limit';
import { statByOpening, statHere, type FileStat } from '../filesystem/fresh-stat.ts';
import { isLocal, isLocalFolder } from '../filesystem/local.ts';

/** Files of a file server that are asked for at a time. */
const atOnce = 16;

/**
 * What `see` takes from one stat of each file, in order. It takes that at once, since a stat is a large object: thousands of them together cost more than the calls.
 *
 * Synchronous calls are several times faster where the kernel answers from memory, but wait for a file server one after the other.
 */
export async function statFiles<Seen>(
  files: readonly string[],
  see: (stat: FileStat, file: string) => Seen,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const file of files) {
    const { stat, isFresh } = statHere(file);
    if (!isFresh) break;
    seen.push(see(stat, file));
  }
  if (seen.length === files.length) return seen;
  const limit = pLimit(atOnce);
  const rest = files.slice(seen.length).map((file) => limit(async () => see(await statByOpening(file), file)));
  return [...seen, ...(await Promise.all(rest))];
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

/** How far a time stamp may be off where a file system keeps whole seconds (or, as FAT does, two), ns. */
const coarse = 2_000_000_000n;

/** The same for a file server whose clock is not that of the reference: such clocks may be hours apart. */
const foreign = 86_400_000_000_000n;

/** Compares files' time stamps with those of a reference. */
export class Clocks {
  readonly #reference: bigint;
  readonly #referenceIsLocal: boolean;

  constructor(referenceFolder: string) {
    this.#reference = statSync(referenceFolder, { bigint: true }).dev;
    this.#referenceIsLocal = isLocalFolder(referenceFolder);
  }

  /** How much later than its stamp a file may have changed by the reference's clock, ns; 0n where its stamps are as good as that clock's. */
  uncertainty(file: string, stat: BigIntStats): bigint {
    if (!this.#agree(file, stat)) return foreign;
    return changeTime(stat) % 1_000_000_000n === 0n ? coarse : 0n;
  }

  /** One file system has one clock, and this node's own file systems share its clock. */
  #agree(file: string, stat: BigIntStats): boolean {
    return stat.dev === this.#reference || (this.#referenceIsLocal && isLocal(file, stat));
  }
}
