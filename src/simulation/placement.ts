/** Has Python's objects that warm simulations write to next to each other, which makes forks cheaper: how, python/placement.c says. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from '../build/folder-contents.ts';
import { digestOf } from '../build/layout.ts';
import { readVariables, type Variables } from '../options/variables.ts';
import { pythonFile } from '../package-folder.ts';
import { toEnvironment, type Command, type Environment } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { startCommand } from '../process/start.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import { userCacheFolder } from '../python/remembered.ts';

/** How a server lays out Python's memory. */
export interface Placement {
  /** The compiled placement.c. */
  readonly library: string;
  /** In the first two it finds out which objects simulations write to, in the third it has them next to each other. */
  readonly stage: 'record' | 'spread' | 'pack';
  /** What was found out: `candidates`, and at last `written`. */
  readonly folder: string;
}

/** Of which simulations a server is. */
export interface Placed {
  readonly python: Pick<PythonEnvironment, 'identity'>;
  readonly command: Command;
}

const libraryName = 'placement.so';

/** How a new server does best; undefined as long as that isn't known. */
export async function knownPlacement(placed: Placed): Promise<Placement | undefined> {
  const folder = await placementFolder(placed, readVariables());
  return folder === undefined ? undefined : knownIn(folder);
}

/** What the next server is to do, after one that found out what it was to; undefined where no C compiler is found, or none that does. */
export async function nextPlacement(
  placed: Placed,
  variables: Variables = readVariables(),
): Promise<Placement | undefined> {
  const folder = await placementFolder(placed, variables);
  if (folder === undefined) return undefined;
  const library = path.join(folder, libraryName);
  if (!existsSync(library) && !(await compile(library, variables))) return undefined;
  const stage = existsSync(path.join(folder, 'candidates')) ? 'spread' : 'record';
  return knownIn(folder) ?? { library, stage, folder };
}

/** Where servers have what they found out: it holds for all designs that are simulated with this Python. Undefined where they can't. */
async function placementFolder(
  { python, command: { env } }: Placed,
  variables: Variables,
): Promise<string | undefined> {
  // A user's own may not begin with Python.
  if (!path.basename(usersOf(env)[0]).startsWith('libpython')) return undefined;
  // Python has another allocator then.
  if (env['PYTHONMALLOC'] || env['PYTHONDEVMODE']) return undefined;
  const key = digestOf(python.identity, process.arch, await readFile(pythonFile('placement.c')));
  const folder = path.join(userCacheFolder(variables), 'placement', key);
  // They part the names of cocotb's users.
  return /[;,]/.test(folder) ? undefined : folder;
}

function knownIn(folder: string): Placement | undefined {
  const library = path.join(folder, libraryName);
  const isKnown = existsSync(path.join(folder, 'written')) && existsSync(library);
  return isKnown ? { library, stage: 'pack', folder } : undefined;
}

async function compile(library: string, variables: Variables): Promise<boolean> {
  const [compiler = 'cc', ...flags] = (variables['CC'] ?? 'cc').split(/\s+/).filter(Boolean);
  await mkdir(path.dirname(library), { recursive: true });
  // Others may be at it, too. The compiler's scratch files are in it, so that they go when it is killed.
  const folder = await mkdtemp(`${library}.`);
  const discard = () => {
    removeTree(folder);
  };
  process.once('exit', discard);
  const draft = path.join(folder, libraryName);
  const argv: Command['argv'] = [compiler, ...flags, '-O2', '-shared', '-fPIC', '-o', draft, pythonFile('placement.c')];
  try {
    const started = await startCommand({ argv, cwd: folder, env: { ...toEnvironment(variables), TMPDIR: folder } });
    started.stdout.resume();
    started.stderr.resume();
    // No test waits for it: the run may end before it does.
    started.unref();
    const { exitCode } = await started.result;
    if (exitCode === 0) await rename(draft, library);
    return exitCode === 0;
  } catch (error) {
    if (error instanceof CommandNotStarted) return false;
    throw error;
  } finally {
    process.off('exit', discard);
    discard();
  }
}

/** Libraries that cocotb's GPI loads and starts. */
function usersOf(env: Environment): readonly [string, ...string[]] {
  const [first = '', ...others] = (env['GPI_USERS'] ?? '').split(';');
  return [first, ...others];
}

/** What has cocotb start the library, between libpython and itself. */
export function placementVariables({ library, stage, folder }: Placement, { env }: Command): Environment {
  const [libpython, ...others] = usersOf(env);
  return {
    GPI_USERS: [libpython, `${library},mocha_cocotb_place`, ...others].join(';'),
    MOCHA_COCOTB_PLACEMENT: `${stage} ${folder}`,
  };
}

/** The simulator's output without what cocotb says of the library. */
export function withoutPlacement(output: string, { library }: Placement): string {
  return output.replace(/^.*\n/gm, (line) => (line.includes(library) ? '' : line));
}
