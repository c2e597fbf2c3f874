/** A scratch project of a user's: inline files, the package in node_modules, and mocha run in it as a child process. */
import { mkdir, readFile, symlink, writeFile, chmod } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '../..');

/** The command, as `npm run build` made it. */
export const cli = path.join(root, 'dist/src/cli/main.js');

/** One test as mocha's JSON reporter tells it. */
export interface ReportedTest {
  readonly title: string;
  readonly fullTitle: string;
  readonly duration?: number;
  readonly err: { readonly message?: string; readonly stack?: string };
}

/** What a run of mocha gave. */
export interface MochaRun {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly passes: readonly ReportedTest[];
  readonly failures: readonly ReportedTest[];
  readonly pending: readonly ReportedTest[];
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** @defaultValue the project's folder */
  readonly cwd?: string;
  /** @defaultValue 240_000 */
  readonly timeout?: number;
}

/** A project in a scratch folder. */
export class Project {
  readonly folder: string;
  readonly #remove: () => Promise<void>;

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
    const report = this.path(`report-${Math.random().toString(36).slice(2)}.json`);
    const run = await this.command(
      [process.execPath, cli, '--reporter', 'json', '--reporter-option', `output=${report}`, ...args],
      options,
    );
    return { ...run, ...parseReport(await readFile(report, 'utf8').catch(() => undefined)) };
  }

  /** Any command, in the project's folder. */
  async command(argv: readonly string[], options: RunOptions = {}): Promise<Omit<MochaRun, keyof Report>> {
    const [file = '', ...args] = argv;
    const { exitCode, signal, stdout, stderr } = await execa(file, args, {
      cwd: options.cwd ?? this.folder,
      env: { MOCHA_COCOTB_PYTHON: pythonOfTests(), MOCHA_COCOTB_RUN_ID: undefined, ...options.env },
      reject: false,
      timeout: options.timeout ?? 240_000,
    });
    return { exitCode, signal, stdout, stderr };
  }

  async remove(): Promise<void> {
    await this.#remove();
  }
}

/** Makes a project that has the package installed, as `npm install` of this checkout would. */
export async function makeProject(files: Readonly<Record<string, string>>): Promise<Project> {
  const scratch = await dir({ unsafeCleanup: true, prefix: 'mocha-cocotb-' });
  const project = new Project(scratch.path, scratch.cleanup);
  await project.write({ 'package.json': '{ "type": "module" }', 'node_modules/.keep': '', ...files });
  await symlink(root, project.path('node_modules/mocha-cocotb'));
  return project;
}

/** The managed environment of the checkout, which the test command makes; or the one that the variable names. */
export function pythonOfTests(): string {
  return process.env['MOCHA_COCOTB_PYTHON'] ?? path.join(root, '.venv/bin/python');
}

type Report = Pick<MochaRun, 'passes' | 'failures' | 'pending'>;

function parseReport(text: string | undefined): Report {
  if (text === undefined) return { passes: [], failures: [], pending: [] };
  return JSON.parse(text) as Report;
}
