/** Starts doubles as real processes, and reads the journal that they keep. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { CallerTask } from './doubles/caller.ts';
import type { ContenderTask } from './doubles/contender.ts';

export interface JournalLine {
  readonly what: string;
  readonly name: string;
  /** ns, by the machine's monotonic clock. */
  readonly at: bigint;
}

const doubles = fileURLToPath(new URL('./doubles/', import.meta.url));
export const pythonDouble = path.join(doubles, 'python_nfs_lock.py');

/** Bundles a program of the doubles, so that starting it costs 50 ms instead of 500. @returns a file for `startDouble` */
export async function bundleDouble(name: 'contender' | 'caller', folder: string): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`);
  await build({
    entryPoints: [path.join(doubles, `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

export function startDouble(bundle: string, task: ContenderTask | CallerTask): ChildProcess {
  return spawn(process.execPath, [bundle, JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit'] });
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

export function readJournal(file: string): readonly JournalLine[] {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [what = '', name = '', at = '0'] = line.split(' ');
      return { what, name, at: BigInt(at) };
    });
}

/** Settles when somebody has written such a line; a test waits for an event and never for a while. */
export async function journaled(file: string, isIt: (line: JournalLine) => boolean): Promise<JournalLine> {
  while (true) {
    const line = readJournal(file).find(isIt);
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Whoever still writes as insider after another has entered: `a overlaps b`. A killed process writes nothing more, so that its successor may enter.
 * `excludes` tells which two may not be inside together.
 */
export function findOverlaps(
  journal: readonly JournalLine[],
  excludes: (a: string, b: string) => boolean = () => true,
): readonly string[] {
  const inside = new Map<string, Set<string>>();
  const overlaps: string[] = [];
  for (const { what, name } of journal) {
    if (what === 'enter') {
      for (const [other, entered] of inside) if (other !== name && excludes(other, name)) entered.add(name);
      inside.set(name, new Set());
    } else if (what === 'leave') {
      for (const other of inside.get(name) ?? []) overlaps.push(`${name} was still inside when ${other} entered`);
      inside.delete(name);
    } else if (what === 'want') inside.delete(name);
  }
  return overlaps;
}
