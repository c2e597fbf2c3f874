/** The places where Python may be, in the order of precedence. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../options/variables.ts';
import type { PythonOrigin } from './origin.ts';
import { managedFolderFor, readMarker } from './managed-folder.ts';

/** A place with an interpreter to ask, or the reason why there is none. `path` is what a person would look at. */
export type Place = { readonly origin: PythonOrigin; readonly path: string | undefined } & (
  { readonly interpreter: string } | { readonly interpreter: undefined; readonly problem: string }
);

/** Every place, also those with nothing in them: they are listed when no place does. */
export function listPlaces(where: {
  readonly python: string | undefined;
  readonly variables: Variables;
  readonly cwd: string;
}): readonly Place[] {
  const { python, variables, cwd } = where;
  return [
    namedPlace('option', python, 'not given', variables, cwd),
    namedPlace('variable', variables['MOCHA_COCOTB_PYTHON'] || undefined, 'not set', variables, cwd),
    activePlace(variables),
    managedPlace(cwd),
    pathPlace(variables),
  ];
}

function namedPlace(
  origin: PythonOrigin,
  name: string | undefined,
  absent: string,
  variables: Variables,
  cwd: string,
): Place {
  if (name === undefined) return { origin, path: undefined, interpreter: undefined, problem: absent };
  const interpreter = name.includes('/') ? path.resolve(cwd, name) : findOnPath(name, variables);
  if (interpreter !== undefined && isExecutable(interpreter)) {
    return { origin, path: interpreter, interpreter };
  }
  const problem = interpreter === undefined ? `${name} is not on PATH` : explainUnusable(interpreter);
  return { origin, path: interpreter ?? name, interpreter: undefined, problem };
}

function activePlace(variables: Variables): Place {
  const origin = 'virtualenv';
  const folder = variables['VIRTUAL_ENV'] || variables['CONDA_PREFIX'];
  if (!folder) return { origin, path: undefined, interpreter: undefined, problem: 'none (VIRTUAL_ENV is not set)' };
  const interpreter = path.join(folder, 'bin', 'python');
  if (isExecutable(interpreter)) return { origin, path: folder, interpreter };
  return { origin, path: folder, interpreter: undefined, problem: explainUnusable(interpreter) };
}

function managedPlace(cwd: string): Place {
  const origin = 'managed';
  const folder = managedFolderFor(cwd);
  const interpreter = path.join(folder, 'bin', 'python');
  const absent = (problem: string): Place => ({ origin, path: folder, interpreter: undefined, problem });
  if (!isFolder(folder)) return absent(`${folder} does not exist`);
  const marker = readMarker(folder);
  if (marker === undefined) {
    return absent(`${folder} was not made by "mocha-cocotb setup"; activate it if it has cocotb`);
  }
  if (marker.state === 'making') {
    return absent(
      `${folder} is not finished: "mocha-cocotb setup" is still at it, or was interrupted and must be run again`,
    );
  }
  if (isExecutable(interpreter)) return { origin, path: folder, interpreter };
  return absent(`${explainUnusable(interpreter)}; run "mocha-cocotb setup" again`);
}

function pathPlace(variables: Variables): Place {
  const origin = 'path';
  const interpreter = findOnPath('python3', variables);
  if (interpreter !== undefined) return { origin, path: interpreter, interpreter };
  return { origin, path: undefined, interpreter: undefined, problem: 'there is none' };
}

/** The first executable of that name on PATH. */
export function findOnPath(name: string, variables: Variables): string | undefined {
  for (const folder of (variables['PATH'] ?? '').split(':')) {
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function explainUnusable(interpreter: string): string {
  return statSync(interpreter, { throwIfNoEntry: false }) === undefined
    ? `${interpreter} does not exist`
    : `${interpreter} may not be executed`;
}

function isExecutable(file: string): boolean {
  try {
    // First, as most folders of PATH don't have the file, and access() tells that by an error.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
