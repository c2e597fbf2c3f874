/** Making the managed environment: once, whoever asks; mended when broken; never over somebody else's. */
import { existsSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findPython, type PythonEnvironment } from '../../src/python/environment.ts';
import { SetupFailed } from '../../src/python/errors.ts';
import { holdPythonEnvironment } from '../../src/python/hold.ts';
import { setUpEnvironment, type SetupOptions } from '../../src/python/managed.ts';
import { waitUntil } from '../process/processes.ts';
import { Scratch, testEnvironment } from './scratch.ts';

describe('setUpEnvironment', () => {
  let scratch: Scratch;
  let real: PythonEnvironment;

  before(async () => {
    real = await testEnvironment();
  });
  beforeEach(async () => {
    scratch = await Scratch.make();
    await scratch.write('project/package.json', '{}');
    await scratch.write('base', base);
  });
  afterEach(() => scratch.remove());

  /**
   * Stands for python3 as far as setup asks it: says its version, makes an environment whose interpreter is the tests' own, and whose pip
   * notes its arguments and does what the test says.
   */
  const base = `#!/bin/sh
echo "$*" >> "$NOTES"
case "$1 $2" in
  '-c import'*) echo "\${FAKE_VERSION:-3.11.7}"; exit \${FAKE_STATUS:-0} ;;
  '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m pip') eval "$PIP" ;;
  *) exec "$REAL" "$@" ;;
esac
`;

  const setUp = (options: Partial<SetupOptions> = {}, variables: Record<string, string> = {}) => {
    const reported: string[] = [];
    const running = setUpEnvironment({
      cwd: scratch.path('project'),
      python: scratch.path('base'),
      report: (line) => reported.push(line),
      ...options,
      variables: {
        PATH: process.env['PATH'],
        XDG_CACHE_HOME: scratch.path('cache'),
        NOTES: scratch.path('notes'),
        REAL: real.python,
        PIP: 'echo Installing',
        ...variables,
      },
    });
    return running.then((result) => ({ ...result, reported }));
  };
  const failureOf = async (running: Promise<unknown>): Promise<SetupFailed> => {
    const error: unknown = await running.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SetupFailed);
    return error as SetupFailed;
  };
  /** What the stand-in was asked, by its first words. */
  const asked = async () => {
    const notes = await readFile(scratch.path('notes'), 'utf8').catch(() => '');
    const count = (start: string) => notes.split('\n').filter((line) => line.startsWith(start)).length;
    return { venv: count('-m venv'), pip: count('-m pip') };
  };

  it('makes the environment beside the nearest package.json, says what it does, and then has nothing to do', async () => {
    await scratch.write('project/hdl/file', '');
    const first = await setUp({ cwd: scratch.path('project/hdl') });
    expect(first).to.include({ folder: scratch.path('project/.venv'), changed: true });
    expect(first.reported.join('\n')).to.match(
      /Making a Python 3.11.7[^]*Installing cocotb[^]*Ready: Python 3.*cocotb 2/,
    );
    const before = await readFile(scratch.path('notes'), 'utf8');
    expect(await setUp()).to.deep.equal({ folder: first.folder, changed: false, reported: [] });
    // Not a single process was started.
    expect(await readFile(scratch.path('notes'), 'utf8')).to.equal(before);
  });

  it('makes it once for several that ask at once', async () => {
    const slow = { PIP: 'sleep 1' };
    const results = await Promise.all([setUp({}, slow), inAnotherProcess(), inAnotherProcess()]);
    expect(results.filter(({ changed }) => changed)).to.have.lengthOf(1);
    expect(await asked()).to.deep.equal({ venv: 1, pip: 1 });

    async function inAnotherProcess(): Promise<{ readonly changed: boolean }> {
      const { execa } = await import('execa');
      const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
      const { stdout } = await execa({
        cwd: path.resolve(import.meta.dirname, '../..'),
        env: {
          XDG_CACHE_HOME: scratch.path('cache'),
          NOTES: scratch.path('notes'),
          REAL: real.python,
          ...slow,
        },
      })`node --import=tsx ${main} setup --directory ${scratch.path('project/.venv')} --python ${scratch.path('base')}`;
      return { changed: !stdout.includes('Nothing to do') };
    }
  });

  it('installs again when a requirement file changes, or one that it includes, and keeps what others asked for', async () => {
    const one = await scratch.write('one.txt', '-r nested/two.txt\n');
    const two = await scratch.write('nested/two.txt', 'foo==1\n');
    const three = await scratch.write('three.txt', 'bar==1\n');
    await setUp({ requirements: [one] });
    await setUp({ requirements: [three] });
    const notes = (await readFile(scratch.path('notes'), 'utf8')).trim().split('\n');
    expect(notes.findLast((line) => line.startsWith('-m pip'))).to.include(`--requirement ${one}`);
    expect((await setUp({ requirements: [one] })).changed).to.equal(false);
    expect((await setUp({ requirements: [three] })).changed).to.equal(false);
    await scratch.write('nested/two.txt', 'foo==2\n');
    expect((await setUp({ requirements: [one] })).changed).to.equal(true);
    expect(await asked()).to.deep.equal({ venv: 1, pip: 3 });
    expect(two).to.be.a('string');
  });

  it('makes one anew that is broken, or was made from another Python', async () => {
    await setUp();
    await scratch.write('project/.venv/lib/leftover', '');
    await rm(scratch.path('project/.venv/bin/python'));
    await symlink('/no/such/python', scratch.path('project/.venv/bin/python'));
    const second = await setUp();
    expect(second.reported[0]).to.match(/unfinished, broken or made from another Python/);
    expect(await readFile(scratch.path('project/.venv/lib/leftover')).catch(() => 'gone')).to.equal('gone');
    await scratch.write('other-base', base);
    expect((await setUp({ python: scratch.path('other-base') })).changed).to.equal(true);
    expect((await asked()).venv).to.equal(3);
  });

  it('makes one anew that was interrupted, which nobody takes meanwhile', async () => {
    const controller = new AbortController();
    const running = setUp(
      { signal: controller.signal, onOutput: (text) => text.includes('begun') && controller.abort() },
      { PIP: 'echo begun; sleep 1000' },
    );
    expect(await running.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    const variables = { PATH: '/nowhere', XDG_CACHE_HOME: scratch.path('cache') };
    const taken: unknown = await findPython({ cwd: scratch.path('project'), variables }).catch(
      (error: unknown) => error,
    );
    expect((taken as Error).message).to.include('is not finished');
    expect((await setUp()).changed).to.equal(true);
    expect((await setUp()).changed).to.equal(false);
  });

  it('goes on after a setup that was cut off before it could write its marker', async () => {
    await scratch.write('project/.venv/.mocha-cocotb.json.4711', '{');
    expect((await setUp()).changed).to.equal(true);
  });

  it('never touches a .venv that it did not make', async () => {
    await scratch.write('project/.venv/pyvenv.cfg', 'home = /usr\n');
    const error = await failureOf(setUp());
    expect(error.code).to.equal('SETUP_FAILED');
    expect(error.message).to.include('was not made by "mocha-cocotb setup"').and.include('MOCHA_COCOTB_PYTHON=');
    expect(await asked()).to.deep.equal({ venv: 0, pip: 0 });
    expect((await setUp({ directory: 'elsewhere' })).folder).to.equal(scratch.path('project/elsewhere'));
  });

  it('waits for those who import from the environment', async () => {
    const { folder } = await setUp();
    const { SharedNFSLock } = await import('../../src/locks/shared-nfs-lock.ts');
    const lockPath = path.join(folder, '.locks/environment.lock');
    const reader = new SharedNFSLock(lockPath);
    await reader.acquireShared();
    const requirements = [await scratch.write('more.txt', 'foo==1\n')];
    let isDone = false;
    const running = setUp({ requirements }).then(() => (isDone = true));
    const notBefore = await readFile(scratch.path('notes'), 'utf8');
    await waitUntil(() => existsSync(path.join(lockPath, 'writer')), 'setup to ask for the lock');
    expect(isDone).to.equal(false);
    expect(await readFile(scratch.path('notes'), 'utf8')).to.equal(notBefore);
    await reader.releaseShared();
    await running;
  });

  it('is held off by a process from its first import to its end', async () => {
    const { folder } = await setUp();
    const lockPath = path.join(folder, '.locks/environment.lock');
    await Promise.all([holdPythonEnvironment({ lockPath }), holdPythonEnvironment({ lockPath })]);
    const { SharedNFSLock } = await import('../../src/locks/shared-nfs-lock.ts');
    const error: unknown = await new SharedNFSLock(lockPath, { timeout: 0 })
      .acquireExclusive()
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'LOCK_TIMEOUT' });
    await holdPythonEnvironment({ lockPath: undefined });
  });

  describe('throws SetupFailed', () => {
    it('when Python has no venv or ensurepip, with the package to install', async () => {
      const error = await failureOf(setUp({}, { FAKE_STATUS: '1', FAKE_VERSION: 'ModuleNotFoundError: ensurepip' }));
      expect(error.message).to.match(/ModuleNotFoundError: ensurepip.*apt-get install python3-venv/);
      expect((await asked()).venv).to.equal(0);
    });
    it('when Python is too old or missing', async () => {
      expect((await failureOf(setUp({}, { FAKE_VERSION: '3.9.2' }))).message).to.include('is Python 3.9.2; 3.10');
      expect((await failureOf(setUp({ python: 'no-such-python' }))).message).to.include('is not on PATH');
      expect((await failureOf(setUp({ python: './nothing' }))).message).to.include('is not an executable file');
    });
    it('when pip fails, with the end of what it said', async () => {
      const error = await failureOf(setUp({}, { PIP: 'echo "ERROR: No matching distribution"; exit 1' }));
      expect(error.message).to.match(/pip failed \(whole log: .*pip\.log\)[^]*No matching distribution/);
    });
    it('when cocotb does not work afterwards', async () => {
      const error = await failureOf(setUp({}, { REAL: '/usr/bin/false' }));
      expect(error.message).to.include('cocotb 2.1.0 does not work in it');
    });
    it('when the folder can not be made', async () => {
      await scratch.write('project/file', '');
      expect((await failureOf(setUp({ directory: 'file' }))).message).to.match(/can't be used: ENOTDIR.*--directory/);
      expect((await failureOf(setUp({ directory: 'file/below' }))).message).to.match(/can't be used: ENOTDIR/);
    });
    it('when a requirement file is missing', async () => {
      expect((await failureOf(setUp({ requirements: ['no.txt'] }))).message).to.include("can't be read");
    });
  });
});
