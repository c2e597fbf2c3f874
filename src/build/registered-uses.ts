/** Which builds and runtimes live processes use, and for which runs, so that pruning leaves them alone. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode, isGone } from '../filesystem/lock-file-system.ts';
import { existsUncached } from '../filesystem/uncached.ts';
import { parseHolder } from '../locks/holder.ts';
import { NFSLock } from '../locks/nfs-lock.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { nodeProcesses, type ProcessTable } from '../locks/liveness.ts';
import type { Layout } from './layout.ts';

/** How often a process shows that it still uses its builds, ms. */
const beat = 10 * 60_000;

/** How long a process on another node may show no life and still count, ms. */
const staleAfter = 2 * 3_600_000;

/** How often pruning may remove the folder of a registration before the registration is in it. */
const maxAttempts = 100;

/** What this process wrote to say that it uses something. */
interface Registration {
  readonly file: string;
  /** Content of the file. */
  readonly record: string;
  readonly run: string | undefined;
}

/** Registrations of this process, by folder: what must be cleaned when it ends. */
const registered = new Map<string, Registration>();
let beating: NodeJS.Timeout | undefined;

/**
 * Registers that this process uses a build or runtime, until it ends. Pruning looks at registrations under its lock; who registered and then finds no
 * pruning under way has the build for sure.
 *
 * @param run - The run whose folder this process writes into; the last one that it names counts.
 */
export function registerUse(layout: Layout, id: string, run?: string): void {
  const folder = path.join(layout.uses, id);
  const known = registered.get(folder);
  // Gone with a build folder that somebody removed, or taken for that of a dead process.
  if (known !== undefined && known.run === run && existsSync(known.file)) return;
  const registration = writeRegistration(folder, run);
  registered.set(folder, registration);
  if (known !== undefined) rmSync(known.file, { force: true });
  if (beating === undefined) process.once('exit', forgetUses);
  beating ??= setInterval(showLife, beat).unref();
}

/** Ends what this process registered for earlier runs of its own: under `--watch` they are over. */
export function forgetEarlierRuns(run: string): void {
  for (const [folder, registration] of registered) {
    if (registration.run === undefined || registration.run === run) continue;
    rmSync(registration.file, { force: true });
    registered.delete(folder);
  }
}

function writeRegistration(folder: string, run: string | undefined): Registration {
  const file = path.join(folder, randomBytes(8).toString('hex'));
  const record = JSON.stringify({ ...nodeProcesses.self(), timestamp: Date.now() / 1000, run });
  for (let attempt = 1; ; attempt++) {
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, record);
      return { file, record, run };
    } catch (error) {
      // Pruning removes a folder that has no registration in it (yet).
      if (!isGone(error) || attempt === maxAttempts) throw error;
    }
  }
}

/**
 * Waits while builds are being pruned. Who has registered a use before this call and finds the build after it, keeps it.
 *
 * @throws the signal's reason and the errors of NFSLock
 */
export async function waitForPrune(layout: Layout, signal: AbortSignal): Promise<void> {
  const lock = pruneLockOf(layout);
  if (!(await existsUncached(lock))) return;
  await new NFSLock(lock, { staleTimeout: OWN_STALE_TIMEOUT, signal }).use(() => undefined);
}

/** The lock that whoever prunes holds. */
export function pruneLockOf(layout: Layout): string {
  return path.join(layout.locks, 'prune.lock');
}

/** What a runtime's use is registered as. */
export function runtimeUse(key: string): string {
  return `runtime-${key}`;
}

/** Whether a live process uses a build or runtime. Registrations of processes that are gone are removed on the way. */
export function isInUse(layout: Layout, id: string, now: number, processes: ProcessTable = nodeProcesses): boolean {
  const folder = path.join(layout.uses, id);
  const { live, dead } = judgeUses(folder, now, processes);
  if (dead.length > 0) removeDead(folder, dead);
  return live.length > 0;
}

/** The runs of all live processes that use something. */
export function runsInUse(layout: Layout, now: number, processes: ProcessTable = nodeProcesses): ReadonlySet<string> {
  const live = listFolder(layout.uses).flatMap((id) => judgeUses(path.join(layout.uses, id), now, processes).live);
  return new Set(live.flatMap(({ run }) => (run === undefined ? [] : [run])));
}

/** When a build or runtime was last registered or let go, ms by the clock of the build folder; 0 when never. */
export function lastUse(layout: Layout, id: string): number {
  return statSync(path.join(layout.uses, id), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Forgets when a build or runtime was used. A registration made meanwhile stays: its process compiles the build again, and has it then. */
export function forgetLastUse(layout: Layout, id: string): void {
  try {
    rmdirSync(path.join(layout.uses, id));
  } catch (error) {
    if (!isGone(error) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
}

function judgeUses(
  folder: string,
  now: number,
  processes: ProcessTable,
): { readonly live: readonly { readonly run: string | undefined }[]; readonly dead: readonly string[] } {
  const live: { readonly run: string | undefined }[] = [];
  const dead: string[] = [];
  for (const name of listFolder(folder)) {
    const file = path.join(folder, name);
    try {
      const { mtimeMs } = statSync(file);
      const text = readFileSync(file, 'utf8');
      const { state } = processes.judge(parseHolder(text), mtimeMs);
      const isLive = state === 'alive' || (state === 'unknown' && now - mtimeMs < staleAfter);
      if (isLive) live.push({ run: parseRun(text) });
      else dead.push(file);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return { live, dead };
}

function parseRun(text: string): string | undefined {
  try {
    const record = JSON.parse(text) as { readonly run?: unknown } | null;
    return typeof record?.run === 'string' ? record.run : undefined;
  } catch {
    // Just being written: its process waits for the end of the pruning before it writes anything else.
    return undefined;
  }
}

/** That a build is no longer used by a process that died is no use of it: the folder keeps its time. */
function removeDead(folder: string, files: readonly string[]): void {
  try {
    const { atime, mtime } = statSync(folder);
    for (const file of files) rmSync(file, { force: true });
    utimesSync(folder, atime, mtime);
  } catch {
    // Another user's, or gone: the build is kept for longer.
  }
}

function showLife(): void {
  for (const { file, record } of registered.values()) {
    try {
      // Written anew, so that the file server stamps it with its own clock; `r+` doesn't bring back a file that was removed, nor shorten one.
      writeFileSync(file, record, { flag: 'r+' });
    } catch {
      // Removed with its build folder, or out of reach for now.
    }
  }
}

function forgetUses(): void {
  for (const { file } of registered.values()) rmSync(file, { force: true });
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
