/** When a build is compiled and when an earlier one is found, with a toy compiler; also from several processes, some of which die. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { BuildFailed, BuildInputChanged } from '../../src/build/errors.ts';
import { readManifest } from '../../src/build/manifest.ts';
import { ensureToy } from './ensure-toy.ts';
import { makeToy, type Toy } from './toy-simulator.ts';
import { rejection } from '../support/rejection.ts';

describe('ensurePublished', () => {
  let folder: string;
  let toy: Toy;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ensure-'));
    toy = makeToy(folder);
    toy.write('top.v', 'include a.h\nmodule top\n');
    toy.write('second/a.h', 'include b.h\n');
    toy.write('second/b.h', 'define B 1\n');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const buildFolder = (id: string): string => path.join(toy.folder, 'sim_build/builds', id);
  const inProject = (file: string): string => path.join(toy.folder, file);

  it('compiles once, and then starts nothing', async () => {
    const first = await ensureToy(toy);
    const second = await ensureToy(toy, { run: 'run-2' });
    expect(first.compiled).to.equal(true);
    expect(second).to.deep.equal({ id: first.id, compiled: false });
    expect(toy.compiles()).to.equal(1);
    expect(readFileSync(path.join(buildFolder(first.id), 'product'), 'utf8')).to.include('module top');
  });

  it('notices a nested header that changed, not one that was touched, and finds the first build when it changes back', async () => {
    const first = await ensureToy(toy);
    utimesSync(inProject('second/b.h'), new Date(), new Date());
    expect(await ensureToy(toy)).to.deep.equal({ id: first.id, compiled: false });
    toy.write('second/b.h', 'define B 2\n');
    const second = await ensureToy(toy);
    expect(second.compiled).to.equal(true);
    toy.write('second/b.h', 'define B 1\n');
    expect(await ensureToy(toy)).to.deep.equal({ id: first.id, compiled: false });
    expect(toy.compiles()).to.equal(2);
  });

  it('notices a file that would now be found first', async () => {
    const first = await ensureToy(toy);
    toy.write('first/b.h', 'define B 3\n');
    const second = await ensureToy(toy);
    expect(second.compiled).to.equal(true);
    rmSync(inProject('first/b.h'));
    expect(await ensureToy(toy)).to.deep.equal({ id: first.id, compiled: false });
  });

  it('forgets nothing when a set of sources is one of several that were built', async () => {
    const ids = new Set<string>();
    for (const header of ['a', 'b', 'c']) {
      toy.write(`second/${header}.h`, `text of ${header}\n`);
      toy.write('top.v', `include ${header}.h\n`);
      ids.add((await ensureToy(toy)).id);
    }
    for (const header of ['a', 'b', 'c']) {
      toy.write('top.v', `include ${header}.h\n`);
      ids.add((await ensureToy(toy)).id);
    }
    expect(ids.size).to.equal(3);
    expect(toy.compiles()).to.equal(3);
  });

  it('makes a build of its own when an option, a variable or a tool differs', async () => {
    const builds = [
      await ensureToy(toy),
      await ensureToy(toy, { design: { defines: { DEPTH: 4 } } }),
      await ensureToy(toy, { design: { defines: { DEPTH: 5 } } }),
      await ensureToy(toy, { design: { parameters: { WIDTH: 5 } } }),
      await ensureToy(toy, { variables: { TOYFLAGS: '-O3' } }),
      await ensureToy(toy, { toolVersion: '1.1' }),
      await ensureToy(toy, { trace: true }),
      await ensureToy(toy, { design: { library: 'work' } }),
      await ensureToy(toy, { design: { toplevel: 'other' } }),
    ];
    expect(new Set(builds.map(({ id }) => id)).size).to.equal(builds.length);
    expect(await ensureToy(toy, { variables: { OTHER: '1' } })).to.deep.equal({ id: builds[0]?.id, compiled: false });
  });

  it('is shared by two checkouts, unless the build records where it was made', async () => {
    const simBuild = path.join(folder, 'shared');
    const clone = makeToy(path.join(folder, 'clone'));
    cpSync(toy.folder, clone.folder, { recursive: true });
    const first = await ensureToy(toy, { design: { simBuild } });
    expect(await ensureToy(clone, { design: { simBuild } })).to.deep.equal({ id: first.id, compiled: false });

    for (const each of [toy, clone]) each.write('top.v', 'record\n');
    const own = await ensureToy(toy, { design: { simBuild } });
    const other = await ensureToy(clone, { design: { simBuild } });
    expect(other.compiled).to.equal(true);
    expect(other.id).not.to.equal(own.id);
    expect(readManifest(path.join(simBuild, 'builds', own.id))?.recorded).to.deep.equal({ $cwd: toy.folder });
    expect(await ensureToy(toy, { design: { simBuild } })).to.deep.equal({ id: own.id, compiled: false });
  });

  it('compiles a failing design once a run, shows the same error again, and tries again in the next run', async () => {
    toy.write('top.v', 'fail no such module\n');
    for (let call = 0; call < 2; call++) {
      const error = await rejection(ensureToy(toy));
      expect(error).to.be.instanceOf(BuildFailed);
      expect(error.message).to.match(/^toy: error: no such module\nBuild of top with icarus failed \(exit code 3\)/);
      expect(readFileSync((error as BuildFailed).logFile, 'utf8')).to.include('no such module');
    }
    expect(toy.compiles()).to.equal(1);
    await rejection(ensureToy(toy, { run: 'run-2' }));
    expect(toy.compiles()).to.equal(2);
    expect(readdirSync(inProject('sim_build/staging'))).to.deep.equal([]);
  });

  it('tries again in the same run when a file was mended that the failed compile could not name', async () => {
    toy.write('top.v', 'include c.h\n');
    toy.write('second/c.h', 'fail bad header\n');
    await rejection(ensureToy(toy));
    toy.write('second/c.h', 'good\n');
    expect((await ensureToy(toy)).compiled).to.equal(true);
    expect((await ensureToy(toy)).compiled).to.equal(false);
  });

  it('does not publish what was compiled while a source changed', async () => {
    toy.write('top.v', 'append top.v // changed\n');
    const error = await rejection(ensureToy(toy));
    expect(error).to.be.instanceOf(BuildInputChanged);
    expect((error as BuildInputChanged).files).to.deep.equal([inProject('top.v')]);
    expect(existsSync(inProject('sim_build/builds'))).to.equal(false);
  });

  it('compiles once more to see whether a header of which nothing was known changed, or was merely new', async () => {
    toy.write('top.v', 'include c.h\nappend second/c.h more\n');
    toy.write('second/c.h', 'text\n');
    expect(await rejection(ensureToy(toy))).to.be.instanceOf(BuildInputChanged);
    expect(toy.compiles()).to.equal(2);
  });

  it('compiles anew once a run with the option always', async () => {
    const design = { always: true };
    await ensureToy(toy, { design });
    await ensureToy(toy, { design });
    expect(toy.compiles()).to.equal(1);
    await ensureToy(toy, { design, run: 'run-2' });
    expect(toy.compiles()).to.equal(2);
  });

  it('ends the compiler and leaves nothing when it is aborted; the next call compiles', async () => {
    toy.write('top.v', 'hang\n');
    const abort = new AbortController();
    const build = rejection(ensureToy(toy, { signal: abort.signal }));
    const pid = await compilerStarted(toy, folder);
    abort.abort(new Error('enough'));
    expect((await build).message).to.equal('enough');
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
    expect(readdirSync(inProject('sim_build/staging'))).to.deep.equal([]);
    toy.write('top.v', 'module top\n');
    expect((await ensureToy(toy)).compiled).to.equal(true);
  });

  describe('from several processes', () => {
    const children: ChildProcess[] = [];

    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
    });

    const start = (run: string, toplevel = 'top', at = folder) => {
      const worker = path.join(import.meta.dirname, 'toy-worker.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', worker, at, run, toplevel], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let text = '';
      child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
      const result = once(child, 'close').then(
        () => JSON.parse(text || '{}') as { id?: string; compiled?: boolean; error?: string; message?: string },
      );
      return { child, result };
    };

    it('compiles once for four workers of a run and one of another', async () => {
      const workers = ['run-1', 'run-1', 'run-1', 'run-1', 'run-2'].map((run) => start(run));
      const results = await Promise.all(workers.map(({ result }) => result));
      expect(new Set(results.map(({ id }) => id)).size).to.equal(1);
      expect(results.filter(({ compiled }) => compiled)).to.have.length(1);
      expect(toy.compiles()).to.equal(1);
    });

    it('compiles a failing design once for all workers, and each has the error', async () => {
      toy.write('top.v', 'fail no such module\n');
      const results = await Promise.all([1, 2, 3].map(() => start('run-1').result));
      for (const { error, message } of results) {
        expect(error).to.equal('BuildFailed');
        expect(message).to.match(/^toy: error: no such module/);
      }
      expect(toy.compiles()).to.equal(1);
    });

    it('builds two configurations at once without interference', async () => {
      const [one, two] = await Promise.all([start('run-1', 'one').result, start('run-1', 'two').result]);
      expect(one.compiled && two.compiled).to.equal(true);
      expect(one.id).not.to.equal(two.id);
    });

    it('goes on when the process that compiles is killed, and clears what it left', async () => {
      toy.write('top.v', 'hang\n');
      const { child } = start('run-1');
      const pid = await compilerStarted(toy, folder);
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await processGone(pid);
      toy.write('top.v', 'module top\n');
      expect((await ensureToy(toy)).compiled).to.equal(true);
      expect((await ensureToy(toy, { run: 'run-2' })).compiled).to.equal(false);
    });
  });
});

/** The process id of the compiler, as soon as it runs. */
async function compilerStarted(toy: Toy, folder: string): Promise<string> {
  const count = path.join(folder, 'count');
  const watcher = watch(count);
  try {
    while (toy.compiles() === 0) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
  return readFileSync(count, 'utf8').trim();
}

async function processGone(pid: string): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await new Promise(setImmediate);
}
