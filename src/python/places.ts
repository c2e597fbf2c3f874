/** The places where Python may be, in the order of precedence. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Variables } from '../options/variables.ts';
import type { PythonOrigin } from './origin.ts';
import { managedFolderFor, readMarker } from './managed-folder.ts';

/** A place with an interpreter to ask, or the reason why there is none. `path` is what a person would look at. */
export type Place = { readonly origin: PythonOrigin; readonly path: string | undefined } & (
  { readonly interpreter: string } | { readonly interpreter: undefined; readonly problem: string }
);

/** Every place, also those with nothing in them: they are listed when no place does. */
export async function listPlaces(where: {
  readonly python: string | undefined;
  readonly variables: Variables;
  readonly cwd: string;
}): Promise<readonly Place[]> {
  const { python, variables, cwd } = where;
  return [
    await namedPlace('option', python, 'not given', variables, cwd),
    await namedPlace('variable', variables['MOCHA_COCOTB_PYTHON'] || undefined, 'not set', variables, cwd),
    await activePlace(variables),
    await managedPlace(cwd),
    await pathPlace(variables),
  ];
}

async function namedPlace(
  origin: PythonOrigin,
  name: string | undefined,
  absent: string,
  variables: Variables,
  cwd: string,
): Promise<Place> {
  if (name === undefined) return { origin, path: undefined, interpreter: undefined, problem: absent };
  const interpreter = name.includes('/') ? path.resolve(cwd, name) : await findOnPath(name, variables);
  if (interpreter !== undefined && (await isExecutable(interpreter))) {
    return { origin, path: interpreter, interpreter };
  }
  const problem = interpreter === undefined ? `${name} is not on PATH` : await explainUnusable(interpreter);
  return { origin, path: interpreter ?? name, interpreter: undefined, problem };
}

async function activePlace(variables: Variables): Promise<Place> {
  const origin = 'virtualenv';
  const folder = variables['VIRTUAL_ENV'] || variables['CONDA_PREFIX'];
  if (!folder) return { origin, path: undefined, interpreter: undefined, problem: 'none (VIRTUAL_ENV is not set)' };
  const interpreter = path.join(folder, 'bin', 'python');
  if (await isExecutable(interpreter)) return { origin, path: folder, interpreter };
  return { origin, path: folder, interpreter: undefined, problem: await explainUnusable(interpreter) };
}

async function managedPlace(cwd: string): Promise<Place> {
  const origin = 'managed';
  const folder = await managedFolderFor(cwd);
  const interpreter = path.join(folder, 'bin', 'python');
  const absent = (problem: string): Place => ({ origin, path: folder, interpreter: undefined, problem });
  if (!(await isFolder(folder))) return absent(`${folder} does not exist`);
  const marker = await readMarker(folder);
  if (marker === undefined) {
    return absent(`${folder} was not made by "mocha-cocotb setup"; activate it if it has cocotb`);
  }
  if (marker.state === 'making') {
    return absent(
      `${folder} is not finished: "mocha-cocotb setup" is still at it, or was interrupted and must be run again`,
    );
  }
  if (await isExecutable(interpreter)) return { origin, path: folder, interpreter };
  return absent(`${await explainUnusable(interpreter)}; run "mocha-cocotb setup" again`);
}

async function pathPlace(variables: Variables): Promise<Place> {
  const origin = 'path';
  const interpreter = await findOnPath('python3', variables);
  if (interpreter !== undefined) return { origin, path: interpreter, interpreter };
  return { origin, path: undefined, interpreter: undefined, problem: 'there is none' };
}

/** The first executable of that name on PATH. */
export async function findOnPath(name: string, variables: Variables): Promise<string | undefined> {
  for (const folder of (variables['PATH'] ?? '').split(':')) {
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function explainUnusable(interpreter: string): Promise<string> {
  return (await stat(interpreter).catch(() => undefined)) === undefined
    ? `${interpreter} does not exist`
    : `${interpreter} may not be executed`;
}

async function isExecutable(file: string): Promise<boolean> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() === true;
}
