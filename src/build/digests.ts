/** Digests of files' contents, remembered by stat so that an unchanged file is not read again. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { FileStat } from '../filesystem/fresh-stat.ts';
import { serverTime } from '../filesystem/server-time.ts';
import { isRecord } from '../options/check.ts';
import { changeTime, Clocks, stampOf, statFiles } from './file-stats.ts';
import { readJsonFile, rememberJson } from './json-file.ts';
import { digestOf, type Layout } from './layout.ts';

/** Digest of a file's content; undefined when there is no such file or it can't be read. */
export type Digest = string | undefined;

/** What tells a file from the same one changed; undefined when there is no file. */
type Stamp = string | undefined;

/** One look at a design's files, which grows as it is passed on: the stamps of the files that each step asked for first. */
export type Look = { readonly files: readonly string[]; readonly stamps: readonly Stamp[] }[];

/** Raise it when a record is written in another way. */
const recordVersion = 2;

/** Groups of files of a checkout that are remembered: a few states of a few designs. */
const keptGroups = 64;

/** Files that are read at once. */
const readers = 8;

/** How close to its reading a file may have changed and still be told from a later change, ns: more than a tick of any kernel. */
const tick = 50_000_000n;

/**
 * The digests of one checkout's files. The record is in the build folder, one for each folder that designs are relative
 * to, so that checkouts don't disturb each other; it is replaced whole, and the loser of two writers costs a reading of its
 * files. So does pruning, which removes records that nothing was added to for as long as it keeps builds.
 *
 * The rule of git's index against racily clean files: a time stamp proves a content only if the file had been left alone for longer
 * than a tick of its clock when it was read. What was read too soon is not remembered. Git compares with the time at which
 * the index was written; here it is a stamp taken from the build folder's file system before the reading began.
 *
 * Files of a file server are opened for their stat, so that a change made on another node shows at once.
 */
export class Digests {
  readonly #folder: string;
  /** Stamp and digest of each file, by its path. */
  readonly #files: DigestRecord;
  /** Digest of many files together, by that of their paths and stamps. */
  readonly #groups: DigestRecord;

  constructor(layout: Layout, cwd: string) {
    this.#folder = layout.digests;
    const name = digestOf(cwd);
    this.#files = new DigestRecord(path.join(layout.digests, `${name}.json`), Infinity);
    this.#groups = new DigestRecord(path.join(layout.digests, `${name}-groups.json`), keptGroups);
  }

  /** The digest of each file, in order. Costs one stat a file, and a reading of those that are new or changed. */
  async of(files: readonly string[], look: Look = []): Promise<readonly Digest[]> {
    return this.#digestEach(files, await stampFiles(files, look));
  }

  /**
   * One digest of all the files, undefined when one of them has none. Also costs a stat of each, but where nothing has changed since
   * the last time, nothing more: not even the record of the digests of each, which is large where there are thousands, is read.
   */
  async ofAll(files: readonly string[], look: Look = []): Promise<Digest> {
    const stamps = await stampFiles(files, look);
    if (stamps.includes(undefined)) return undefined;
    const key = digestOf(files.join('\n'), stamps.join('\n'));
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const digests = await this.#digestEach(files, stamps);
    const all = digestOfAll(digests);
    // What is not remembered of one of them may not be remembered of all of them.
    const isSettled = files.every((file, index) => this.#files.get(file) === `${stamps[index]} ${digests[index]}`);
    if (all !== undefined && isSettled) this.#groups.set(key, all);
    return all;
  }

  /** Remembers what was read. */
  save(): void {
    this.#files.save();
    this.#groups.save();
  }

  async #digestEach(files: readonly string[], stamps: readonly Stamp[]): Promise<readonly Digest[]> {
    const digests = files.map((file, index): Digest => {
      const [stamp, known] = [stamps[index], this.#files.get(file)];
      const isSame = stamp !== undefined && known?.startsWith(`${stamp} `) === true;
      return isSame ? known.slice(stamp.length + 1) : undefined;
    });
    const unknown = files.flatMap((_, index) => (stamps[index] && digests[index] === undefined ? [index] : []));
    if (unknown.length === 0) return digests;
    const now = takeMoment(this.#folder);
    const queue = unknown.values();
    const readSome = async (): Promise<void> => {
      const buffer = Buffer.allocUnsafe(1 << 18);
      for (const index of queue) {
        const file = files[index] ?? '';
        const read = await readDigest(file, buffer);
        digests[index] = read?.digest;
        if (read !== undefined && now !== undefined && isSettled(file, read.stat, now)) {
          this.#files.set(file, `${stampOf(read.stat)} ${read.digest}`);
        }
      }
    };
    await Promise.all(Array.from({ length: readers }, readSome));
    return digests;
  }
}

/** One digest of the contents of many files by those of each, in order; undefined when one has none. */
export function digestOfAll(digests: readonly Digest[]): Digest {
  return digests.includes(undefined) ? undefined : digestOf(digests.join(' '));
}

/** Texts by name in a file that is read when the first one is wanted; none is looked at before, for there may be thousands. */
class DigestRecord {
  readonly #file: string;
  readonly #kept: number;
  #texts: Record<string, unknown> | undefined;
  #isChanged = false;

  constructor(file: string, kept: number) {
    this.#file = file;
    this.#kept = kept;
  }

  get(name: string): string | undefined {
    const text = this.#read()[name];
    return typeof text === 'string' ? text : undefined;
  }

  set(name: string, text: string): void {
    this.#read()[name] = text;
    this.#isChanged = true;
  }

  /** Keeps the newest ones. */
  save(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const texts = Object.fromEntries(Object.entries(this.#read()).slice(-this.#kept));
    rememberJson(this.#file, { version: recordVersion, texts });
  }

  #read(): Record<string, unknown> {
    return (this.#texts ??= readTexts(this.#file));
  }
}

function readTexts(file: string): Record<string, unknown> {
  const record = readJsonFile(file);
  return isRecord(record) && record['version'] === recordVersion && isRecord(record['texts']) ? record['texts'] : {};
}

/** The files' stamps, none of them asked for twice in a look. Most often its first step is the last, so that nothing is sorted by path before the second. */
async function stampFiles(files: readonly string[], look: Look): Promise<readonly Stamp[]> {
  if (look.length === 0) {
    const stamps = await statFiles(files, (stat) => stat && stampOf(stat));
    look.push({ files, stamps });
    return stamps;
  }
  const seen = new Map(look.flatMap((step) => step.files.map((file, index) => [file, step.stamps[index]])));
  const unseen = files.filter((file) => !seen.has(file));
  const stamps = await stampFiles(unseen, []);
  look.push({ files: unseen, stamps });
  unseen.forEach((file, index) => seen.set(file, stamps[index]));
  return files.map((file) => seen.get(file));
}

interface Moment {
  readonly time: bigint;
  readonly clocks: Clocks;
}

/** The present by the clock of the build folder's file system; undefined when the folder can't be written. */
function takeMoment(folder: string): Moment | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    return { time: serverTime(folder), clocks: new Clocks(folder) };
  } catch {
    return undefined;
  }
}

function isSettled(file: string, stat: NonNullable<FileStat>, now: Moment): boolean {
  return changeTime(stat) + (now.clocks.uncertainty(file, stat) || tick) < now.time;
}

/** Reads one file, piece by piece into the buffer. Its stat is the one before the reading; a file that changed meanwhile has a later one at the next check. */
async function readDigest(
  file: string,
  buffer: Buffer,
): Promise<{ stat: NonNullable<FileStat>; digest: string } | undefined> {
  let handle;
  try {
    handle = await open(file, 'r');
    const stat = await handle.stat({ bigint: true });
    const hash = createHash('sha256');
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
    return { stat, digest: hash.digest('hex').slice(0, 32) };
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
