/** Where a project's managed environment is, and how it is told from one that somebody else made. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What `setup` writes into the environment it makes: its claim from the beginning, its state at the end. */
export interface ManagedMarker {
  readonly state: 'making' | 'ready';
  /** Digests of the requirement files that were installed, by path. */
  readonly requirements: Readonly<Record<string, string>>;
  /** Interpreter that it was asked to be made from, if one was named. */
  readonly python: string | undefined;
  /** For people. */
  readonly madeBy: string;
}

/** Name of the marker in an environment's folder. */
export const markerName = 'mocha-cocotb.json';

/** The managed environment's folder of the project that a folder is in: `.venv` beside the nearest package.json or .git. */
export function managedFolderFor(cwd: string): string {
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json')) || existsSync(path.join(folder, '.git'))) {
      return path.join(folder, '.venv');
    }
    if (folder === path.dirname(folder)) return path.join(path.resolve(cwd), '.venv');
  }
}

/** The marker of an environment; undefined when it is not one of ours. */
export function readMarker(folder: string): ManagedMarker | undefined {
  try {
    const marker = JSON.parse(readFileSync(path.join(folder, markerName), 'utf8')) as Partial<ManagedMarker>;
    if (marker.state !== 'making' && marker.state !== 'ready') return undefined;
    return {
      state: marker.state,
      requirements: marker.requirements ?? {},
      python: marker.python,
      madeBy: String(marker.madeBy),
    };
  } catch {
    return undefined;
  }
}

/** The lock that guards an environment's packages, if it is a managed one. */
export function lockPathOf(folder: string): string | undefined {
  return readMarker(folder) === undefined ? undefined : lockPathIn(folder);
}

/** Where the lock of a managed environment is. */
export function lockPathIn(folder: string): string {
  return path.join(folder, '.locks', 'environment.lock');
}
