/** Scratch folders and small Python environments for tests: real interpreters that see the test environment's cocotb, or something else. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPython, type PythonEnvironment } from '../../src/python/environment.ts';

const run = promisify(execFile);

/** The environment that the tests run with. */
export function testEnvironment(): Promise<PythonEnvironment> {
  return findPython({ cwd: path.resolve(import.meta.dirname, '../..') });
}

/** A folder that is removed by `remove`. */
export class Scratch {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(path.join(tmpdir(), 'python ünïcode ')));
  }

  path(...parts: readonly string[]): string {
    return path.join(this.folder, ...parts);
  }

  /** Writes a file, executable if it begins with `#!`; gives its path. */
  async write(name: string, content: string): Promise<string> {
    const file = this.path(name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    if (content.startsWith('#!')) await chmod(file, 0o755);
    return file;
  }

  /** A virtual environment without any package, and its site-packages folder. */
  async venv(name: string, python: PythonEnvironment): Promise<{ readonly python: string; readonly packages: string }> {
    await run(python.python, ['-m', 'venv', '--without-pip', this.path(name)]);
    const version = python.version.split('.').slice(0, 2).join('.');
    return {
      python: this.path(name, 'bin', 'python'),
      packages: path.join(name, 'lib', `python${version}`, 'site-packages'),
    };
  }

  /** One that imports what the test environment has. */
  async venvWithCocotb(name: string, python: PythonEnvironment) {
    const venv = await this.venv(name, python);
    const packages = python.sysPath.filter((entry) => entry.endsWith('site-packages'));
    await this.write(path.join(venv.packages, 'borrowed.pth'), packages.join('\n'));
    return venv;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
