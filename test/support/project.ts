/** A scratch project of a user's: inline files, the package in node_modules, and mocha run in it as a child process. */
import { readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile, chmod } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '../..');

/** The package under test, built: the checkout, or where the variable says that it was installed. */
export const packageFolder = process.env['MOCHA_COCOTB_TESTED_PACKAGE'] ?? root;

/** The command, as `npm run build` made it. */
export const cli = path.join(packageFolder, 'dist/src/cli/main.js');

/** mocha's own command. */
export const plainMocha = path.join(root, 'node_modules/mocha/bin/mocha.js');

/** One test as mocha's JSON reporter tells it. */
export interface ReportedTest {
  readonly title: string;
  readonly fullTitle: string;
  readonly duration?: number;
  readonly err: { readonly message?: string; readonly stack?: string };
}

/** How a command ended. */
export interface CommandRun {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run of mocha gave. */
export interface MochaRun extends CommandRun {
  readonly passes: readonly ReportedTest[];
  readonly failures: readonly ReportedTest[];
  readonly pending: readonly ReportedTest[];
}

/** A command under way, leader of its own process group, as a shell's foreground job is. */
export interface StartedCommand {
  readonly pid: number;
  /** What it printed so far, stdout and stderr. */
  output(): string;
  /** Sends a signal to the whole group, as the terminal does at Ctrl-C. */
  interrupt(): void;
  readonly ended: Promise<CommandRun>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @defaultValue the project's folder */
  readonly cwd?: string;
  /** @defaultValue 240_000 */
  readonly timeout?: number;
}

/** A project in a scratch folder. */
export class Project {
  readonly folder: string;
  readonly #remove: () => Promise<void>;
  /** Ends what was started and runs still. */
  readonly #endings = new Set<() => Promise<unknown>>();
  #reports = 0;

  constructor(folder: string, remove: () => Promise<void>) {
    this.folder = folder;
    this.#remove = remove;
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  /** Writes files by their names; one that begins with `#!` becomes executable. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), content);
      if (content.startsWith('#!')) await chmod(this.path(name), 0o755);
    }
  }

  async read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** `mocha-cocotb` with these arguments, reporting as JSON to a file. */
  async mocha(args: readonly string[], options: RunOptions = {}): Promise<MochaRun> {
    return this.#report((reporting) => [process.execPath, cli, ...reporting, ...args], options);
  }

  /** mocha's own command without ours, likewise. */
  async plainMocha(args: readonly string[], options: RunOptions = {}): Promise<MochaRun> {
    return this.#report((reporting) => [process.execPath, plainMocha, ...reporting, ...args], options);
  }

  /** Any command, in the project's folder. */
  async command(argv: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
    return this.#execute(argv, options, false).ended;
  }

  /** Starts a command and does not wait for its end. */
  start(argv: readonly string[], options: RunOptions = {}): StartedCommand {
    const { child, ended } = this.#execute(argv, options, true);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${argv.join(' ')} could not be started`);
    let output = '';
    child.all?.on('data', (piece: Buffer) => {
      output += piece.toString();
    });
    return {
      pid,
      output: () => output,
      interrupt: () => process.kill(-pid, 'SIGINT'),
      ended,
    };
  }

  /** The folders of all simulations so far, as `<run>/<spec>__<title>`, sorted. */
  runFolders(simBuild = 'sim_build'): readonly string[] {
    const runs = this.path(path.join(simBuild, 'runs'));
    return foldersIn(runs)
      .flatMap((run) => foldersIn(path.join(runs, run)).map((name) => `${run}/${name}`))
      .sort();
  }

  async #report(argv: (reporting: readonly string[]) => readonly string[], options: RunOptions): Promise<MochaRun> {
    const report = this.path(`report-${++this.#reports}.json`);
    const run = await this.command(argv(['--reporter', 'json', '--reporter-option', `output=${report}`]), options);
    return { ...run, ...parseReport(await readFile(report, 'utf8').catch(() => undefined)) };
  }

  #execute(argv: readonly string[], options: RunOptions, leader: boolean) {
    const [file = '', ...args] = argv;
    const child = execa(file, args, {
      cwd: options.cwd ?? this.folder,
      env: { ...withoutInfluence(), MOCHA_COCOTB_PYTHON: pythonOfTests(), ...options.env },
      reject: false,
      all: true,
      detached: leader,
      stdin: 'ignore',
      timeout: options.timeout ?? 240_000,
    });
    const ended = child.then(({ exitCode, signal, stdout, stderr }): CommandRun => ({
      exitCode,
      signal,
      stdout,
      stderr,
    }));
    const end = async () => {
      if (leader && child.pid !== undefined) killGroup(child.pid);
      else child.kill('SIGKILL');
      return ended;
    };
    this.#endings.add(end);
    void ended.then(() => this.#endings.delete(end));
    return { child, ended };
  }

  /** Removes the folder, and before that ends what runs still, as after a test's time limit, so that nothing comes back. */
  async remove(): Promise<void> {
    await Promise.all([...this.#endings].map((end) => end()));
    await this.#remove();
  }
}

/** Makes a project that has the package installed, as `npm install` of this checkout would, unless told otherwise. */
export async function makeProject(
  files: Readonly<Record<string, string>>,
  { installed = true }: { readonly installed?: boolean } = {},
): Promise<Project> {
  const scratch = await dir({ unsafeCleanup: true, prefix: 'mocha-cocotb-' });
  const project = new Project(scratch.path, scratch.cleanup);
  if (!installed) {
    await project.write(files);
    return project;
  }
  await project.write({ 'package.json': '{ "type": "module" }', 'node_modules/.keep': '', ...files });
  await symlink(packageFolder, project.path('node_modules/mocha-cocotb'));
  return project;
}

/** The managed environment of the checkout, which the test command makes; or the one that the variable names. */
export function pythonOfTests(): string {
  return process.env['MOCHA_COCOTB_PYTHON'] ?? path.join(root, '.venv/bin/python');
}

/** Takes out what the developer's own settings would change in a project's runs. */
function withoutInfluence(): Readonly<Record<string, undefined>> {
  const influential = /^(MOCHA|COCOTB|SIM|WAVES|GUI|VERILATOR|VIRTUAL_ENV)(_|$)/;
  return Object.fromEntries(
    Object.keys(process.env).flatMap((name) => (influential.test(name) ? [[name, undefined]] : [])),
  );
}

type Report = Pick<MochaRun, 'passes' | 'failures' | 'pending'>;

function parseReport(text: string | undefined): Report {
  if (text === undefined) return { passes: [], failures: [], pending: [] };
  return JSON.parse(text) as Report;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone, as it should be.
  }
}
