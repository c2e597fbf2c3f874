/** CallOnce as its users see it, and with executors that die, lose their lock, or can't write. */
import { spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { CallOnce, type CallOnceOptions } from '../../src/locks/call-once.ts';
import { CallOnceFailed, CallOnceNotRecorded, NFSLockLost, NFSLockNested } from '../../src/locks/errors.ts';
import { OptionError } from '../../src/options/option-error.ts';
import type { CallerTask } from './doubles/caller.ts';
import { countFileOperations } from './file-operations.ts';
import { bundleDouble, ended, journaled, kill, readJournal, startDouble } from './processes.ts';
import { rejection } from '../support/rejection.ts';

describe('CallOnce', () => {
  let folder: string;
  let shared: string;
  let bundle: string;
  let journal: string;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'call once '));
    bundle = await bundleDouble('caller', folder);
  });

  beforeEach(() => {
    shared = fs.mkdtempSync(path.join(folder, 'case '));
    journal = path.join(shared, 'journal');
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const call = <T>(fn: CallOnceOptions<T>['fn'], options: Partial<CallOnceOptions<T>> = {}) =>
    new CallOnce<T>({ path: shared, name: 'compile', fn, timeout: 30_000, ...options });

  const never = (): never => {
    throw new Error('fn ran');
  };

  const start = (task: Partial<CallerTask>): ChildProcess =>
    startDouble(bundle, { path: shared, name: 'compile', journal, who: 'executor', ...task });

  const locks = (): readonly string[] => fs.readdirSync(path.join(shared, '.locks')).sort();

  it('runs fn once and gives its value to every later caller', async () => {
    expect(await call(() => ({ a: [1, 'two', null] })).ensureDone()).to.deep.equal({ a: [1, 'two', null] });
    expect(await call(never).ensureDone()).to.deep.equal({ a: [1, 'two', null] });
    expect(await call(never).isDone()).to.equal(true);
    expect(locks()).to.deep.equal(['compile.done']);
  });

  it('gives null for a function without a value', async () => {
    await call(() => undefined).ensureDone();
    expect(await call(never).ensureDone()).to.equal(null);
  });

  it('keeps two names in one folder apart', async () => {
    expect(await call(() => 1, { name: 'one' }).ensureDone()).to.equal(1);
    expect(await call(() => 2, { name: 'two' }).ensureDone()).to.equal(2);
  });

  for (const name of ['a/b', '..', '.', '', 'a\\b', 'x..y']) {
    it(`refuses the name ${JSON.stringify(name)}`, () => {
      expect(() => call(never, { name })).to.throw(OptionError, /name/);
    });
  }

  it('runs fn in one of many processes; all the others go on together when it is done', async () => {
    const children = Array.from({ length: 6 }, (_, index) => start({ who: `p${index}`, work: 300 }));
    await Promise.all(children.map(ended));
    const lines = readJournal(journal);
    expect(lines.filter(({ what }) => what === 'run')).to.have.lengthOf(1);
    expect(lines.filter(({ what }) => what === 'value:42')).to.have.lengthOf(6);
  });

  it('gives a failure with the original name, message, stack and fields to the caller and all later ones, without running fn again', async () => {
    const failing = call(() => {
      throw Object.assign(new SyntaxError('bad header'), { file: 'a.svh' });
    });
    for (const attempt of [failing, call(never)]) {
      const error = await rejection(attempt.ensureDone());
      expect(error).to.be.instanceOf(CallOnceFailed);
      expect(error).to.include({ callName: 'compile', originalName: 'SyntaxError', originalMessage: 'bad header' });
      expect((error as CallOnceFailed).originalStack).to.include('call-once.test');
      expect((error as CallOnceFailed).stack).to.include('call-once.test');
      expect((error as CallOnceFailed).originalFields).to.deep.equal({ file: 'a.svh' });
    }
  });

  const thrown: readonly (readonly [string, unknown, string])[] = [
    ['a string', 'just text', 'just text'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { exit: 3 }, '{"exit":3}'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
    ['a bigint', 7n, '[object BigInt]'],
  ];
  for (const [what, value, message] of thrown) {
    it(`records ${what} that fn threw`, async () => {
      await rejection(
        call(() => {
          throw value;
        }).ensureDone(),
      );
      expect(await rejection(call(never).ensureDone())).to.include({
        originalName: undefined,
        originalMessage: message,
      });
    });
  }

  it('tries a failure again in another run, and shares it within its own and with those who wait', async () => {
    let runs = 0;
    const failing = (run: string) =>
      rejection(
        call(
          () => {
            runs++;
            throw new Error(`failure ${runs}`);
          },
          { run },
        ).ensureDone(),
      );
    expect(await failing('monday')).to.include({ originalMessage: 'failure 1' });
    expect(await failing('monday')).to.include({ originalMessage: 'failure 1' });
    expect(await Promise.all([failing('tuesday'), failing('wednesday')])).to.satisfy(
      (errors: readonly CallOnceFailed[]) => errors.every(({ originalMessage }) => originalMessage === 'failure 2'),
    );
    expect(await call(() => 'mended', { run: 'thursday' }).ensureDone()).to.equal('mended');
    expect(locks()).to.deep.equal(['compile.done']);
  });

  it('lets another process run fn when the executor is killed', async () => {
    const executor = start({ work: 60_000 });
    await journaled(journal, ({ what }) => what === 'run');
    const waiter = start({ who: 'waiter' });
    await journaled(journal, ({ what, name }) => what === 'want' && name === 'waiter');
    await kill(executor);
    await ended(waiter);
    expect(
      readJournal(journal)
        .filter(({ name }) => name === 'waiter')
        .map(({ what }) => what),
    ).to.deep.equal(['want', 'run', 'value:42']);
  });

  it('does not publish the outcome of an executor that lost its lock, and tells it by the signal', async () => {
    const executor = start({ work: 1_500, value: 1, staleTimeout: 600 });
    await journaled(journal, ({ what }) => what === 'run');
    executor.kill('SIGSTOP');
    const successor = start({ who: 'successor', value: 2, work: 50, staleTimeout: 600 });
    await ended(successor);
    executor.kill('SIGCONT');
    await ended(executor);
    const lines = readJournal(journal).map(({ what, name }) => `${name} ${what}`);
    expect(lines).to.include.members(['successor value:2', 'executor aborted', 'executor value:2']);
    expect(await call(never).ensureDone()).to.equal(2);
  });

  it('rejects with NFSLockLost when the lock is gone and nobody has published since', async () => {
    const lost = call((signal) => {
      fs.rmSync(lost.lockPath, { recursive: true });
      expect(signal).to.be.instanceOf(AbortSignal);
      return 1;
    });
    expect(await rejection(lost.ensureDone())).to.be.instanceOf(NFSLockLost);
    expect(locks()).to.deep.equal([]);
  });

  it("counts a value that JSON can't say as a failure, once for all", async () => {
    const itself: Record<string, unknown> = {};
    itself['self'] = itself;
    for (const value of [1n, { size: 1n }, () => 1, Symbol('a'), itself]) {
      const error = await rejection(call<unknown>(() => value).ensureDone());
      expect(error).to.be.instanceOf(CallOnceFailed);
      expect((error as CallOnceFailed).message).to.match(/its value can't be kept, for it isn't JSON: /);
      expect(((await rejection(call(never).ensureDone())) as CallOnceFailed).originalName).to.equal('TypeError');
      await call(never).clean();
    }
    expect(await call<unknown>(() => undefined).ensureDone()).to.equal(null);
  });

  it('refuses to wait for itself when fn asks for its own outcome', async () => {
    const error = await rejection(call(() => call(never).ensureDone()).ensureDone());
    expect((error as CallOnceFailed).cause).to.be.instanceOf(NFSLockNested);
  });

  it('lets one of those that wait run fn after clean()', async () => {
    await call(() => 1).ensureDone();
    await call(never).clean();
    expect(locks()).to.deep.equal([]);
    const executor = start({ work: 400, value: 5 });
    await journaled(journal, ({ what }) => what === 'run');
    const cleaning = call(never).clean();
    const waiter = start({ who: 'waiter', value: 5 });
    await Promise.all([cleaning, ended(executor), ended(waiter)]);
    expect(readJournal(journal).filter(({ what }) => what === 'value:5')).to.have.lengthOf(2);
    expect(locks()).to.satisfy((names: readonly string[]) => !names.includes('compile.lock'));
  });

  for (const [what, text] of [
    ['of an older version', '{"version":0,"state":"done","value":1}'],
    ['that is cut short', '{"version":1,"state":"do'],
    ['that is empty', ''],
  ]) {
    it(`runs fn again for a marker ${what}`, async () => {
      const once = call(() => 9);
      fs.mkdirSync(path.dirname(once.doneMarker));
      fs.writeFileSync(once.doneMarker, text ?? '');
      expect(await once.isDone()).to.equal(false);
      expect(await once.ensureDone()).to.equal(9);
      expect(await call(never).ensureDone()).to.equal(9);
    });
  }

  it('counts as neither done nor failed when the marker can not be written', async () => {
    const once = call(() => 1);
    fs.mkdirSync(path.join(once.doneMarker, 'in the way'), { recursive: true });
    expect(await rejection(once.ensureDone()))
      .to.be.instanceOf(CallOnceNotRecorded)
      .with.property('message')
      .that.includes('succeeded');
    expect(locks()).to.deep.equal(['compile.done']);
    fs.rmSync(once.doneMarker, { recursive: true });
    expect(await once.isDone()).to.equal(false);
    expect(await once.ensureDone()).to.equal(1);
  });

  it('never leaves a part of a marker on a full disk', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      needs root to mount a small tmpfs: run this test as root');
      this.skip();
    }
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', shared]).status).to.equal(0);
    try {
      const once = call(() => 'x'.repeat(100_000));
      expect(await rejection(once.ensureDone()))
        .to.be.instanceOf(CallOnceNotRecorded)
        .with.property('message')
        .that.includes('ENOSPC');
      expect(locks()).to.deep.equal([]);
      expect(await call(() => 'short').ensureDone()).to.equal('short');
    } finally {
      spawnSync('umount', [shared]);
    }
  });

  it('takes no lock and three file operations when it is done already', async () => {
    await call(() => 1).ensureDone();
    expect(await countFileOperations(() => call(never).ensureDone())).to.equal(3);
  });
});
