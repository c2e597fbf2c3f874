/** Digests of files' contents, remembered by stat so that an unchanged file is not read again. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { changeTime, Clocks, stampOf, statFiles, type FileStat } from './file-stats.ts';
import { readJsonFile, rememberJson } from './json-file.ts';
import { digestOf, type Layout } from './layout.ts';

/** Digest of a file's content; undefined when there is no such file or it can't be read. */
export type Digest = string | undefined;

/** Files that are read at once. */
const readers = 8;

/** How close to its reading a file may have changed and still be told from a later change, ns: more than a tick of any kernel. */
const fineMargin = 50_000_000n;

/** The same for a file system that keeps whole seconds (or, as FAT does, two). */
const coarseMargin = 2_000_000_000n;

/** The same for a file server whose clock is not that of the build folder: such clocks may be hours apart. */
const foreignMargin = 86_400_000_000_000n;

/**
 * The digests of one checkout's files. The record is in the build folder, one for each folder that designs are relative
 * to, so that checkouts don't disturb each other and it goes away with the builds; it is replaced whole, and the loser of two
 * writers costs a reading of its files.
 *
 * The rule of git's index against racily clean files: a time stamp proves a content only if the file had been left alone for longer
 * than a tick of its clock when it was read. What was read too soon is not remembered. Git compares with the time at which
 * the index was written; here it is a stamp taken from the build folder's file system before the reading began.
 *
 * On NFS a stat may be answered from the client's cache: a change made on another node shows after 3 to 60 s (acregmin,
 * acregmax), unless this node had not looked at the file before.
 */
export class Digests {
  readonly #file: string;
  readonly #folder: string;
  #known: Map<string, readonly [stamp: string, digest: string]> | undefined;
  #isChanged = false;

  constructor(layout: Layout, cwd: string) {
    this.#folder = layout.digests;
    this.#file = path.join(layout.digests, `${digestOf(cwd)}.json`);
  }

  /** The digest of each file, in order. Costs one stat a file, and a reading of those that are new or changed. */
  async of(files: readonly string[]): Promise<readonly Digest[]> {
    const known = (this.#known ??= readKnown(this.#file));
    const stats = await statFiles(files);
    const digests: Digest[] = stats.map((stat, index) => {
      const remembered = stat && known.get(files[index] ?? '');
      return stat && remembered?.[0] === stampOf(stat) ? remembered[1] : undefined;
    });
    const unknown = stats.flatMap((stat, index) => (stat && digests[index] === undefined ? [index] : []));
    if (unknown.length === 0) return digests;
    const now = takeStamp(this.#folder);
    const queue = unknown.values();
    const readOne = async (): Promise<void> => {
      for (const index of queue) {
        const file = files[index] ?? '';
        const read = await readDigest(file);
        digests[index] = read?.digest;
        if (read !== undefined && now !== undefined && isSettled(file, read.stat, now)) {
          known.set(file, [stampOf(read.stat), read.digest]);
          this.#isChanged = true;
        }
      }
    };
    await Promise.all(Array.from({ length: readers }, readOne));
    return digests;
  }

  /** Remembers what was read. */
  save(): void {
    if (!this.#isChanged || this.#known === undefined) return;
    this.#isChanged = false;
    rememberJson(this.#file, {
      version: 1,
      files: [...this.#known].map(([file, [stamp, digest]]) => [file, stamp, digest]),
    });
  }
}

interface Stamp {
  readonly time: bigint;
  readonly clocks: Clocks;
}

/** The present by the clock of the build folder's file system; undefined when the folder can't be written. */
function takeStamp(folder: string): Stamp | undefined {
  const probe = path.join(folder, `.now-${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    const time = statSync(probe, { bigint: true }).mtimeNs;
    unlinkSync(probe);
    return { time, clocks: new Clocks(folder) };
  } catch {
    return undefined;
  }
}

function isSettled(file: string, stat: NonNullable<FileStat>, now: Stamp): boolean {
  const changed = changeTime(stat);
  const margin = now.clocks.agree(file, stat)
    ? changed % 1_000_000_000n === 0n
      ? coarseMargin
      : fineMargin
    : foreignMargin;
  return changed + margin < now.time;
}

/** Reads one file. Its stat is the one before the reading; a file that changed meanwhile has a later one at the next check. */
async function readDigest(file: string): Promise<{ stat: NonNullable<FileStat>; digest: string } | undefined> {
  let handle;
  try {
    handle = await open(file, 'r');
    const stat = await handle.stat({ bigint: true });
    const hash = createHash('sha256');
    for await (const piece of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 18 })) {
      hash.update(piece as Buffer);
    }
    return { stat, digest: hash.digest('hex').slice(0, 32) };
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

function readKnown(file: string): Map<string, readonly [string, string]> {
  const record = readJsonFile(file) as { version?: unknown; files?: unknown } | undefined;
  const known = new Map<string, readonly [string, string]>();
  if (record?.version !== 1 || !Array.isArray(record.files)) return known;
  for (const entry of record.files as unknown[]) {
    if (!Array.isArray(entry)) continue;
    const [name, stamp, digest] = entry as unknown[];
    if (typeof name === 'string' && typeof stamp === 'string' && typeof digest === 'string') {
      known.set(name, [stamp, digest]);
    }
  }
  return known;
}
