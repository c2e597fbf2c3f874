/** Which builds live processes use, so that pruning leaves them alone. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isGone } from '../filesystem/lock-file-system.ts';
import { existsUncached } from '../filesystem/uncached.ts';
import { formatHolder, parseHolder } from '../locks/holder.ts';
import { NFSLock } from '../locks/nfs-lock.ts';
import { nodeProcesses, type ProcessTable } from '../locks/liveness.ts';
import type { Layout } from './layout.ts';

/** How often a process shows that it still uses its builds, ms. */
const beat = 10 * 60_000;

/** How long a process on another node may show no life and still count, ms. */
const staleAfter = 2 * 3_600_000;

/** Registrations of this process, by file: what must be cleaned when it ends. */
const registered = new Map<string, string>();
let beating: NodeJS.Timeout | undefined;

/**
 * Registers that this process uses a build, until it ends. Pruning looks at registrations under its lock; who registered and then finds no
 * pruning under way has the build for sure.
 */
export function registerUse(layout: Layout, id: string): void {
  const folder = path.join(layout.uses, id);
  if (registered.has(folder)) return;
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, randomBytes(8).toString('hex'));
  writeFileSync(file, ownRecord());
  if (registered.size === 0) process.once('exit', forgetUses);
  registered.set(folder, file);
  beating ??= setInterval(showLife, beat).unref();
}

/**
 * Waits while builds are being pruned. Who has registered a use before this call and finds the build after it, keeps it.
 *
 * @throws the signal's reason and the errors of NFSLock
 */
export async function waitForPrune(layout: Layout, signal: AbortSignal): Promise<void> {
  const lock = pruneLockOf(layout);
  if (!(await existsUncached(lock))) return;
  await new NFSLock(lock, { signal }).use(() => undefined);
}

/** The lock that whoever prunes holds. */
export function pruneLockOf(layout: Layout): string {
  return path.join(layout.locks, 'prune.lock');
}

/** Whether a live process uses a build. Registrations of processes that are gone are removed on the way. */
export function isInUse(layout: Layout, id: string, now: number, processes: ProcessTable = nodeProcesses): boolean {
  const folder = path.join(layout.uses, id);
  return listFolder(folder).filter((name) => isLive(path.join(folder, name), now, processes)).length > 0;
}

/** When a build was last registered or let go, ms by the clock of the build folder; 0 when never. */
export function lastUse(layout: Layout, id: string): number {
  return statSync(path.join(layout.uses, id), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isLive(file: string, now: number, processes: ProcessTable): boolean {
  try {
    const { mtimeMs } = statSync(file);
    const { state } = processes.judge(parseHolder(readFileSync(file, 'utf8')), mtimeMs);
    if (state === 'alive' || (state === 'unknown' && now - mtimeMs < staleAfter)) return true;
    rmSync(file, { force: true });
    return false;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function ownRecord(): string {
  return formatHolder({ ...nodeProcesses.self(), timestamp: Date.now() / 1000 });
}

function showLife(): void {
  for (const file of registered.values()) {
    try {
      // Written anew, so that the file server stamps it with its own clock; `r+` doesn't bring back a file that was removed.
      writeFileSync(file, ownRecord(), { flag: 'r+' });
    } catch {
      // Removed with its build folder, or out of reach for now.
    }
  }
}

function forgetUses(): void {
  for (const file of registered.values()) rmSync(file, { force: true });
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
