/** NFSLock as its users see it. */
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { NFSLockAccess, NFSLockLost, NFSLockNested, NFSLockTimeout } from '../../src/locks/errors.ts';
import { NFSLock } from '../../src/locks/nfs-lock.ts';
import { nodeSystem, type LockSystem } from '../../src/locks/system.ts';
import { OptionError } from '../../src/options/option-error.ts';
import { countFileOperations } from './file-operations.ts';
import { elsewhere, leaveLock } from './left-lock.ts';
import { ended, findOverlaps, journaled, readJournal } from './processes.ts';
import { rejection } from '../support/rejection.ts';
import { useScene } from './scene.ts';

describe('NFSLock', () => {
  const scene = useScene();

  it('makes a folder with a holder.info that the Python lock understands, and removes it', async () => {
    const lock = new NFSLock(scene.lock);
    await lock.acquire();
    const holder = JSON.parse(fs.readFileSync(path.join(scene.lock, 'holder.info'), 'utf8')) as Record<string, unknown>;
    expect(holder).to.include({ hostname: os.hostname(), pid: process.pid });
    expect(holder['timestamp'])
      .to.be.a('number')
      .closeTo(Date.now() / 1000, 60);
    expect(lock.held).to.equal(true);
    await lock.release();
    expect(fs.existsSync(scene.lock)).to.equal(false);
    expect(lock.held).to.equal(false);
    await lock.release();
  });

  it('lets processes in one after the other, and none waits out of proportion', async () => {
    const children = ['a', 'b', 'c', 'd'].map((name) => scene.start({ name, rounds: 25, hold: 4 }));
    await Promise.all(children.map(ended));
    const lines = readJournal(scene.journal);
    expect(lines.filter(({ what }) => what === 'enter')).to.have.lengthOf(100);
    expect(findOverlaps(lines)).to.deep.equal([]);
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('costs eight file operations and a look into the folder when nobody else wants it', async () => {
    const lock = new NFSLock(scene.lock);
    // mkdir, symlink, readdir; open, write and close of holder.info; unlink twice, rmdir.
    expect(await countFileOperations(() => lock.use(() => undefined))).to.equal(9);
  });

  it('gives the value of use, releases after an error, and keeps the error', async () => {
    const lock = new NFSLock(scene.lock);
    expect(await lock.use(() => 7)).to.equal(7);
    const boom = new Error('boom');
    const thrown = await rejection(
      lock.use(() => {
        throw boom;
      }),
    );
    expect(thrown).to.equal(boom);
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('is released by await using', async () => {
    const lock = new NFSLock(scene.lock);
    await lock.acquire();
    await lock[Symbol.asyncDispose]();
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('names path, wait and holder when the time is up', async () => {
    const child = scene.start();
    await journaled(scene.journal, ({ what }) => what === 'enter');
    const error = await rejection(new NFSLock(scene.lock, { timeout: 300 }).acquire());
    expect(error).to.be.instanceOf(NFSLockTimeout);
    expect((error as NFSLockTimeout).holders[0]).to.include({ hostname: os.hostname(), pid: child.pid });
    expect(error.message).to.include(scene.lock).and.include(`pid ${child.pid}`);
  });

  it('tries once with timeout 0', async () => {
    await new NFSLock(scene.lock, { timeout: 0 }).use(() => undefined);
    leaveLock(scene.lock, elsewhere);
    expect(await rejection(new NFSLock(scene.lock, { timeout: 0 }).acquire())).to.be.instanceOf(NFSLockTimeout);
    expect(await new NFSLock(scene.lock).tryAcquire()).to.equal(false);
  });

  for (const timeout of [Infinity, -1]) {
    it(`waits for ever with timeout ${timeout}, until its signal fires`, async () => {
      leaveLock(scene.lock, elsewhere);
      const abort = new AbortController();
      const reason = new Error('enough');
      const { system, slept } = spiedSystem();
      const acquiring = rejection(new NFSLock(scene.lock, { timeout, signal: abort.signal }, system).acquire());
      await slept;
      abort.abort(reason);
      expect(await acquiring).to.equal(reason);
    });
  }

  it('refuses to wait for itself, at once', async () => {
    const lock = new NFSLock(scene.lock);
    await lock.acquire();
    expect(await rejection(lock.acquire())).to.be.instanceOf(NFSLockNested);
    expect(await rejection(new NFSLock(scene.lock).acquire())).to.be.instanceOf(NFSLockNested);
    await lock.release();
    await lock.use(async () => {
      expect(await rejection(new NFSLock(scene.lock).use(() => undefined))).to.be.instanceOf(NFSLockNested);
    });
  });

  it('is given back once, however many ask at a time', async () => {
    const lock = new NFSLock(scene.lock);
    await lock.acquire();
    await Promise.all([lock.release(), lock.release(), lock[Symbol.asyncDispose]()]);
    expect([lock.held, lock.lost.aborted, fs.existsSync(scene.lock)]).to.deep.equal([false, false, false]);
    await lock.use(() => undefined);
  });

  it('lets two flows of one process use it one after the other', async () => {
    const order: string[] = [];
    const flow = (name: string): Promise<void> =>
      new NFSLock(scene.lock).use(async () => {
        order.push(`${name} in`);
        await Promise.resolve();
        order.push(`${name} out`);
      });
    await Promise.all([flow('a'), flow('b'), flow('c')]);
    expect(order.filter((_, index) => index % 2 === 0).map((entry) => entry.replace('in', 'out'))).to.deep.equal(
      order.filter((_, index) => index % 2 === 1),
    );
  });

  it('is released when the process exits while it holds it', async () => {
    await ended(scene.start({ hold: 0, exits: true }));
    expect(readJournal(scene.journal).map(({ what }) => what)).to.deep.equal(['want', 'enter']);
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('tells a person after a few seconds what it waits for and for whom, and again at growing intervals', async () => {
    leaveLock(scene.lock, elsewhere);
    const notices: string[] = [];
    let now = 0;
    const system: LockSystem = {
      ...nodeSystem,
      clock: {
        now: () => now,
        wall: () => Date.now(),
        sleep: async (ms) => {
          now += ms;
        },
      },
      notice: (text) => notices.push(`${Math.round(now / 1000)}: ${text}`),
    };
    await rejection(new NFSLock(scene.lock, { timeout: 60_000, staleTimeout: 3_600_000 }, system).acquire());
    expect(notices.map((notice) => Number.parseInt(notice))).to.deep.equal([5, 15, 45]);
    expect(notices[0]).to.include(scene.lock).and.include('elsewhere').and.include('pid 4120');
  });

  it('shows no sign of life with heartbeatInterval Infinity', async () => {
    const lock = new NFSLock(scene.lock, { staleTimeout: 1_000, heartbeatInterval: Infinity });
    await lock.acquire();
    const [owner = ''] = fs.readdirSync(scene.lock).filter((entry) => entry.startsWith('owner.'));
    const before = fs.lstatSync(path.join(scene.lock, owner)).ctimeMs;
    // A lock that beats, taken later, has beaten by the time it notices that it was removed.
    const other = new NFSLock(`${scene.lock}.other`, { staleTimeout: 1_000, heartbeatInterval: 20 });
    await other.acquire();
    fs.rmSync(other.path, { recursive: true });
    await once(other.lost, 'abort');
    expect(fs.lstatSync(path.join(scene.lock, owner)).ctimeMs).to.equal(before);
    await lock.release();
  });

  it('lists every wrong option', () => {
    const options = { timeout: 'soon', pollInterval: 0, staleTimeuot: 5 };
    expect(() => new NFSLock(scene.lock, options as never))
      .to.throw(OptionError)
      .with.property('message')
      .that.matches(/timeout[^]*pollInterval[^]*staleTimeuot[^]*did you mean staleTimeout/);
  });

  it('publishes a file only while it has the lock', async () => {
    const file = path.join(path.dirname(scene.lock), 'result');
    const lock = new NFSLock(scene.lock);
    await lock.acquire();
    await lock.publish(file, 'first');
    expect(fs.readFileSync(file, 'utf8')).to.equal('first');
    const [owner = ''] = fs.readdirSync(scene.lock).filter((entry) => entry.startsWith('owner.'));
    fs.unlinkSync(path.join(scene.lock, owner));
    expect(await rejection(lock.publish(file, 'second'))).to.be.instanceOf(NFSLockLost);
    expect(fs.readFileSync(file, 'utf8')).to.equal('first');
    expect(fs.readdirSync(scene.lock)).to.deep.equal(['holder.info']);
  });

  const places: readonly { place: string; prepare: () => string; message: RegExp }[] = [
    {
      place: 'below a folder that is missing',
      prepare: () => path.join(scene.folder, 'nowhere', 'x.lock'),
      message: /mounted/,
    },
    { place: 'below a file', prepare: () => path.join(import.meta.filename, 'x.lock'), message: /not a folder/ },
    {
      place: 'where a file has its name',
      prepare: () => {
        fs.writeFileSync(scene.lock, '');
        return scene.lock;
      },
      message: /not a folder/,
    },
    { place: 'in a folder where nobody may write', prepare: () => '/proc/x.lock', message: /parent folder/ },
  ];
  for (const { place, prepare, message } of places) {
    it(`says what is wrong with a lock ${place}`, async () => {
      const error = await rejection(new NFSLock(prepare(), { timeout: 2_000 }).acquire());
      expect(error).to.be.instanceOf(NFSLockAccess);
      expect(error.message).to.match(message);
    });
  }
});

/** The real system, and a promise that settles when its clock is asked to sleep. */
function spiedSystem(): { system: LockSystem; slept: Promise<void> } {
  let report: () => void = () => undefined;
  const slept = new Promise<void>((resolve) => (report = resolve));
  const clock = {
    ...nodeSystem.clock,
    sleep: (ms: number, signal?: AbortSignal) => {
      report();
      return nodeSystem.clock.sleep(ms, signal);
    },
  };
  return { system: { ...nodeSystem, clock }, slept };
}
