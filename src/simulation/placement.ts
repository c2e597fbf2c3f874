/** Has Python's objects that warm simulations write to next to each other, which makes forks cheaper: how, python/placement.c says. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Build } from '../build/build.ts';
import { digestOf, layoutOf } from '../build/layout.ts';
import { readVariables } from '../options/variables.ts';
import { pythonFile } from '../package-folder.ts';
import { toEnvironment, type Command, type Environment } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { runCommand } from '../process/run.ts';

/** How a server lays out Python's memory. */
export interface Placement {
  /** The compiled placement.c. */
  readonly library: string;
  /** In the first two it finds out which objects simulations write to, in the third it has them next to each other. */
  readonly stage: 'record' | 'spread' | 'pack';
  /** What was found out: `candidates`, and at last `written`. */
  readonly folder: string;
}

const libraryName = 'placement.so';

/** Where a build's servers have what they found out: it holds for all designs that are simulated with this Python. */
export async function placementFolder({ design, python }: Build): Promise<string> {
  const key = digestOf(python.identity, process.arch, await readFile(pythonFile('placement.c')));
  return path.join(layoutOf(design.simBuild).placement, key);
}

/** How a new server does best; undefined as long as that isn't known. */
export function knownPlacement(folder: string): Placement | undefined {
  const library = path.join(folder, libraryName);
  const isKnown = existsSync(path.join(folder, 'written')) && existsSync(library);
  return isKnown ? { library, stage: 'pack', folder } : undefined;
}

/** What the next server is to do, after one that found out what it was to; undefined where no C compiler is found, or none that does. */
export async function nextPlacement(folder: string): Promise<Placement | undefined> {
  const library = path.join(folder, libraryName);
  // They part the names of cocotb's users.
  if (/[;,]/.test(library)) return undefined;
  if (!existsSync(library) && !(await compile(library))) return undefined;
  const stage = existsSync(path.join(folder, 'candidates')) ? 'spread' : 'record';
  return knownPlacement(folder) ?? { library, stage, folder };
}

async function compile(library: string): Promise<boolean> {
  const variables = readVariables();
  const [compiler = 'cc', ...flags] = (variables['CC'] ?? 'cc').split(/\s+/).filter(Boolean);
  const folder = path.dirname(library);
  // Others may be at it, too.
  const draft = `${library}.${process.pid}`;
  const argv: Command['argv'] = [compiler, ...flags, '-O2', '-shared', '-fPIC', '-o', draft, pythonFile('placement.c')];
  await mkdir(folder, { recursive: true });
  try {
    const { exitCode } = await runCommand({ argv, cwd: folder, env: toEnvironment(variables) });
    if (exitCode === 0) await rename(draft, library);
    return exitCode === 0;
  } catch (error) {
    if (error instanceof CommandNotStarted) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What has cocotb start the library, between libpython and itself. */
export function placementVariables({ library, stage, folder }: Placement, { env }: Command): Environment {
  const [libpython = '', ...others] = (env['GPI_USERS'] ?? '').split(';');
  // A user's own may not begin with Python.
  if (!path.basename(libpython).startsWith('libpython')) return {};
  return {
    GPI_USERS: [libpython, `${library},mocha_cocotb_place`, ...others].join(';'),
    MOCHA_COCOTB_PLACEMENT: `${stage} ${folder}`,
  };
}

/** The simulator's output without what cocotb says of the library. */
export function withoutPlacement(output: string, { library }: Placement): string {
  return output.replace(/^.*\n/gm, (line) => (line.includes(library) ? '' : line));
}
