/** Which builds are removed, and which are in use. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { cleanOnce } from '../../src/build/clean-once.ts';
import { layoutOf } from '../../src/build/layout.ts';
import { prune } from '../../src/build/prune.ts';
import { forgetLastUse, isInUse, pruneLockOf, registerUse } from '../../src/build/registered-uses.ts';
import { ensureRuntime } from '../../src/build/runtime.ts';
import { waitUntil } from '../process/processes.ts';
import { rejection } from '../support/rejection.ts';
import { ensureToy, requestToy } from './ensure-toy.ts';
import { makeToy, type Toy } from './toy-simulator.ts';

describe('prune', () => {
  let folder: string;
  let toy: Toy;
  let simBuild: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'prune-'));
    toy = makeToy(folder);
    toy.write('top.v', 'module top\n');
    simBuild = path.join(toy.folder, 'sim_build');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const builds = (): readonly string[] => readdirSync(path.join(simBuild, 'builds')).sort();

  /** Builds in a process that has ended since, and makes it look as if that was days ago. */
  const buildBefore = async (toplevel: string, days: number): Promise<string> => {
    const worker = path.join(import.meta.dirname, 'toy-worker.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', worker, folder, `run-${toplevel}`, toplevel], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    await once(child, 'close');
    const { id } = JSON.parse(text) as { id: string };
    const time = Date.now() / 1000 - days * 86_400;
    for (const part of ['builds', 'uses']) utimesSync(path.join(simBuild, part, id), time, time);
    return id;
  };

  it('removes what was not used for a while, and then the longest unused until the rest is small enough', async () => {
    const [old, middle, young] = [await buildBefore('a', 30), await buildBefore('b', 5), await buildBefore('c', 1)];
    expect((await prune(simBuild)).removed.map(({ id }) => id)).to.deep.equal([old]);
    expect(builds()).to.deep.equal([middle, young].sort());
    const { remaining } = await prune(simBuild);
    const second = await prune(simBuild, { maxSize: remaining - 1 });
    expect(second.removed.map(({ id }) => id)).to.deep.equal([middle]);
    expect(builds()).to.deep.equal([young]);
    expect(readdirSync(path.join(simBuild, 'uses'))).to.deep.equal([young]);
  });

  it('only says what it would remove on a dry run', async () => {
    const old = await buildBefore('a', 30);
    expect((await prune(simBuild, { dryRun: true })).removed.map(({ id }) => id)).to.deep.equal([old]);
    expect(builds()).to.deep.equal([old]);
  });

  it('never removes a build that a live process uses', async () => {
    const { id } = await ensureToy(toy);
    const { removed, inUse } = await prune(simBuild, { maxAge: 0 });
    expect(removed).to.deep.equal([]);
    expect(inUse.map((build) => build.id)).to.deep.equal([id]);
    expect(builds()).to.deep.equal([id]);
  });

  it('removes enough of what is not used, however large what is used is', async () => {
    const [older, newer] = [await buildBefore('a', 5), await buildBefore('b', 3)];
    const { id: used } = await ensureToy(toy, { design: { toplevel: 'used' } });
    const longAgo = Date.now() / 1000 - 7 * 86_400;
    for (const part of ['builds', 'uses']) utimesSync(path.join(simBuild, part, used), longAgo, longAgo);
    const { remaining: all } = await prune(simBuild, { dryRun: true });
    const result = await prune(simBuild, { maxSize: all - 1 });
    expect(result.inUse.map(({ id }) => id)).to.deep.equal([used]);
    expect(result.removed.map(({ id }) => id)).to.deep.equal([older]);
    expect(result.remaining).to.equal(all - (result.removed[0]?.size ?? 0));
    expect(builds()).to.deep.equal([newer, used].sort());
  });

  it('does not take the end of a killed process for a use', async () => {
    const old = await buildBefore('a', 30);
    const uses = path.join(simBuild, 'uses', old);
    writeFileSync(path.join(uses, 'killed'), JSON.stringify({ hostname: hostname(), pid: 2 ** 22 + 1 }));
    const longAgo = Date.now() / 1000 - 30 * 86_400;
    utimesSync(uses, longAgo, longAgo);
    await prune(simBuild, { dryRun: true });
    expect(readdirSync(uses)).to.deep.equal([]);
    expect((await prune(simBuild)).removed.map(({ id }) => id)).to.deep.equal([old]);
  });

  it('keeps what a process built again after its build folder was removed under it', async () => {
    await ensureToy(toy);
    rmSync(simBuild, { recursive: true });
    const { id, compiled } = await ensureToy(toy);
    expect(compiled).to.equal(true);
    await prune(simBuild, { maxAge: 0 });
    expect(builds()).to.deep.equal([id]);
  });

  it('compiles again what was pruned, also within one run', async () => {
    await buildBefore('top', 30);
    await prune(simBuild);
    const again = await ensureToy(toy, { run: 'run-top' });
    expect(again.compiled).to.equal(true);
    expect(builds()).to.deep.equal([again.id]);
  });

  it('clears away what dead processes left, a day later', async () => {
    await buildBefore('top', 0);
    const time = Date.now() / 1000 - 2 * 86_400;
    for (const left of ['staging/top-123+abc', 'inputs/forgotten']) {
      const place = path.join(simBuild, left);
      mkdirSync(place, { recursive: true });
      utimesSync(place, time, time);
    }
    await prune(simBuild);
    expect(readdirSync(path.join(simBuild, 'staging'))).to.deep.equal([]);
    expect(readdirSync(path.join(simBuild, 'inputs'))).to.have.length(1);
  });

  describe('beside the builds', () => {
    /** A file that was last written days ago, in a folder that last changed then. */
    const write = (file: string, days: number): void => {
      const place = path.join(simBuild, file);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, '12345');
      const time = Date.now() / 1000 - days * 86_400;
      for (const each of [place, path.dirname(place)]) utimesSync(each, time, time);
    };
    const inFolder = (name: string): readonly string[] => readdirSync(path.join(simBuild, name)).sort();

    it('removes the folders of old runs, never that of a live process', async () => {
      await ensureToy(toy, { run: 'live' });
      for (const [run, days] of [
        ['live', 30],
        ['old', 30],
        ['young', 1],
      ] as const)
        write(`runs/${run}/sim.log`, days);
      const expected = [{ name: 'old', size: 5 }];
      expect((await prune(simBuild, { dryRun: true })).runs).to.deep.equal(expected);
      expect(inFolder('runs')).to.deep.equal(['live', 'old', 'young']);
      expect((await prune(simBuild)).runs).to.deep.equal(expected);
      expect(inFolder('runs')).to.deep.equal(['live', 'young']);
      await prune(simBuild, { maxAge: 0 });
      expect(inFolder('runs')).to.deep.equal(['live']);
    });

    it('takes the last run that a process names for its own', async () => {
      for (const run of ['first', 'second']) {
        await ensureToy(toy, { run });
        write(`runs/${run}/sim.log`, 0);
      }
      await prune(simBuild, { maxAge: 0 });
      expect(inFolder('runs')).to.deep.equal(['second']);
    });

    it('removes compiled runtimes for which nothing was compiled for long, never that of a live process', async () => {
      await ensureToy(toy);
      const layout = layoutOf(simBuild);
      const request = requestToy(toy);
      const plan = {
        ...request.plan({ staging: '/nowhere', jobs: 1, runtime: undefined }),
        commands: [],
        products: [],
      };
      const folderOf = (key: string): string => path.join(layout.runtime, key);
      const runtime = { folder: folderOf('live'), plan: () => plan };
      const signal = new AbortController().signal;
      expect(await ensureRuntime({ ...request, runtime }, layout, { signal })).to.include({ state: 'ready' });
      for (const key of ['live', 'old', 'young']) write(`runtime/${key}/verilated.o`, key === 'young' ? 1 : 30);
      // Compiled long ago and used since.
      write('runtime/used/verilated.o', 30);
      write('uses/runtime-used/gone', 1);
      expect((await prune(simBuild)).runtimes.map(({ name }) => name)).to.deep.equal(['old']);
      expect(inFolder('runtime')).to.deep.equal(['live', 'used', 'young']);
      expect((await prune(simBuild, { maxAge: 0 })).runtimes.map(({ name }) => name).sort()).to.deep.equal([
        'used',
        'young',
      ]);
      expect(inFolder('runtime')).to.deep.equal(['live']);
    });

    it('removes records that were not renewed for long', async () => {
      await ensureToy(toy);
      for (const place of ['digests', 'discovery']) {
        write(`${place}/old.json`, 30);
        write(`${place}/young.json`, 1);
        write(`${place}/no-record`, 30);
      }
      await prune(simBuild);
      for (const place of ['digests', 'discovery']) {
        expect(inFolder(place)).to.include('young.json').and.to.include('no-record').and.not.to.include('old.json');
      }
    });

    it('leaves all of that alone where only some builds are to be removed', async () => {
      await ensureToy(toy);
      const files = ['runs/old/sim.log', 'runtime/old/verilated.o', 'digests/old.json', 'discovery/old.json'];
      for (const file of files) write(file, 30);
      await prune(simBuild, { maxAge: 0, filter: () => true });
      expect(files.filter((file) => !existsSync(path.join(simBuild, file)))).to.deep.equal([]);
    });
  });

  it('does nothing where there is no build folder', async () => {
    const nothing = { removed: [], inUse: [], remaining: 0, runs: [], runtimes: [] };
    expect(await prune(path.join(folder, 'nothing'))).to.deep.equal(nothing);
    expect(existsSync(path.join(folder, 'nothing'))).to.equal(false);
  });
});

describe('cleanOnce', () => {
  it('removes the builds of a design, but only once a run', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clean-'));
    try {
      const toy = makeToy(folder);
      toy.write('top.v', 'module top\n');
      const request = requestToy(toy);
      const layout = layoutOf(request.design.simBuild);
      const { id } = await ensureToy(toy);
      const other = await ensureToy(toy, { design: { toplevel: 'other' } });
      // As if the process that uses them had ended.
      rmSync(layout.uses, { recursive: true, force: true });
      await cleanOnce(request, layout, 'run-2', new AbortController().signal);
      expect(readdirSync(layout.builds)).to.deep.equal([other.id]);
      expect((await ensureToy(toy, { run: 'run-2' })).id).to.equal(id);
      rmSync(layout.uses, { recursive: true, force: true });
      await cleanOnce(request, layout, 'run-2', new AbortController().signal);
      expect(readdirSync(layout.builds)).to.have.members([id, other.id]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends its wait when the signal fires, and leaves the cleaning to another process of the run', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clean-'));
    const toy = makeToy(folder);
    toy.write('top.v', 'module top\n');
    const request = requestToy(toy);
    const layout = layoutOf(request.design.simBuild);
    await ensureToy(toy);
    rmSync(layout.uses, { recursive: true, force: true });
    mkdirSync(layout.locks, { recursive: true });
    const script = `import { NFSLock } from ${JSON.stringify(path.join(import.meta.dirname, '../../src/locks/nfs-lock.ts'))};
await new NFSLock(${JSON.stringify(pruneLockOf(layout))}).acquire();
process.stdout.write('held');
process.stdin.resume();`;
    const pruner = spawn(process.execPath, ['--import=tsx', '--input-type=module', '--eval', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(pruner.stdout, 'data');
      const given = new AbortController();
      const cleaning = rejection(cleanOnce(request, layout, 'run-2', given.signal));
      const calls = path.join(layout.calls, '.locks');
      await waitUntil(() => readdirSync(calls).some((name) => /^clean-.*\.lock$/.test(name)), 'its turn');
      given.abort(new Error('enough'));
      expect(await cleaning).to.have.property('message', 'enough');
      pruner.stdin.end();
      await once(pruner, 'exit');
      expect(readdirSync(layout.builds)).to.have.length(1);
      await cleanOnce(request, layout, 'run-2', new AbortController().signal);
      expect(readdirSync(layout.builds)).to.deep.equal([]);
    } finally {
      pruner.kill();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('registerUse', () => {
  let folder: string;
  let remover: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'use-'));
  });

  afterEach(async () => {
    if (remover?.kill('SIGKILL')) await once(remover, 'close');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is not undone by whoever found nobody there before', () => {
    const layout = layoutOf(folder);
    registerUse(layout, 'id');
    forgetLastUse(layout, 'id');
    expect(isInUse(layout, 'id', Date.now())).to.equal(true);
    forgetLastUse(layout, 'unknown');
  });

  it('registers while another process removes the folders in which nobody has registered', async () => {
    const layout = layoutOf(folder);
    const names = Array.from({ length: 200 }, (_, index) => `id${index}`);
    const script = `
      const { rmdirSync } = require('node:fs');
      process.chdir(${JSON.stringify(folder)});
      const names = ${JSON.stringify(names)};
      console.log('begun');
      for (;;) for (const name of names) try { rmdirSync('uses/' + name); } catch {}`;
    remover = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(remover.stdout ?? remover, 'data');
    for (const name of names) registerUse(layout, name);
    expect(names.filter((name) => !isInUse(layout, name, Date.now()))).to.deep.equal([]);
  });
});

describe('isInUse', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'use-'));
    mkdirSync(path.join(folder, 'uses/id'), { recursive: true });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const now = Date.now();
  const hour = 3_600_000;
  const cases: readonly (readonly [string, object | string, number, boolean])[] = [
    ['a process of this node that runs', { hostname: hostname(), pid: process.pid }, 5 * hour, true],
    ['a process of this node that is gone', { hostname: hostname(), pid: 2 ** 22 + 1 }, 0, false],
    ['a process of another node that showed life', { hostname: 'elsewhere', pid: 1 }, 0.5 * hour, true],
    ['a process of another node that showed none for hours', { hostname: 'elsewhere', pid: 1 }, 3 * hour, false],
    ['nobody can tell, just now', 'torn{', 0, true],
    ['nobody can tell, long ago', 'torn{', 3 * hour, false],
  ];
  for (const [what, record, age, expected] of cases) {
    it(`is ${expected} for a registration of ${what}`, () => {
      const file = path.join(folder, 'uses/id/registration');
      writeFileSync(file, typeof record === 'string' ? record : JSON.stringify(record));
      utimesSync(file, (now - age) / 1000, (now - age) / 1000);
      expect(isInUse(layoutOf(folder), 'id', now)).to.equal(expected);
      expect(existsSync(file)).to.equal(expected);
    });
  }
});
