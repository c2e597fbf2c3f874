/** Locks that were left behind, or look like it: when they may be taken, by their holder's process, by clocks, and by what is in the folder. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { LockOptions } from '../../src/locks/options.ts';
import { elsewhere, expectFree, expectHeld, leaveLock, now } from './left-lock.ts';
import { kill } from './processes.ts';
import { useScene } from './scene.ts';

const hours = 3_600;

describe('locks left behind', () => {
  const scene = useScene();

  describe('by the holder’s process', () => {
    it('takes the lock of a process that is gone', async () => {
      const { pid } = spawnSync('true');
      leaveLock(scene.lock, { hostname: os.hostname(), pid, timestamp: now() });
      await expectFree(scene.lock, { timeout: 1_000 });
    });

    it('leaves the lock with a Python holder that runs, however old its lock is', async () => {
      leaveLock(scene.lock, { hostname: os.hostname(), pid: process.ppid, timestamp: now() }, 5 * hours);
      await expectHeld(scene.lock);
    });

    it('takes the lock of a pid that is another process now', async () => {
      const child = spawn('sleep', ['60']);
      await once(child, 'spawn');
      leaveLock(scene.lock, { hostname: os.hostname(), pid: child.pid, timestamp: now() - hours }, hours);
      await expectFree(scene.lock, { timeout: 1_000 });
      await kill(child);
    });
  });

  describe('by clocks', () => {
    for (const [skew, words] of [
      [-3 * hours, '3 h behind'],
      [3 * hours, '3 h ahead'],
    ] as const) {
      it(`leaves a fresh lock with a holder whose clock is ${words}`, async () => {
        leaveLock(scene.lock, { ...elsewhere, timestamp: now() + skew });
        await expectHeld(scene.lock);
      });

      it(`takes a lock that has grown old from a holder whose clock is ${words}`, async () => {
        leaveLock(scene.lock, { ...elsewhere, timestamp: now() - 5 * hours + skew }, 5 * hours);
        await expectFree(scene.lock, { timeout: 2_000 });
      });

      it(`takes the lock of a dead holder whose clock was ${words} after staleTimeout, not hours later`, async () => {
        leaveLock(scene.lock, { ...elsewhere, timestamp: now() + skew });
        await expectFree(scene.lock, { staleTimeout: 500 });
      });
    }

    it('takes the lock of a holder elsewhere whose heartbeat stands still, and not before', async () => {
      fs.mkdirSync(scene.lock);
      const owner = path.join(scene.lock, 'owner.0123');
      fs.symlinkSync(JSON.stringify({ ...elsewhere, timestamp: now(), heartbeat: 100 }), owner);
      const beating = setInterval(() => fs.lutimesSync(owner, now() + 3 * hours, now() + 3 * hours), 50);
      await expectHeld(scene.lock, { staleTimeout: 300 });
      clearInterval(beating);
      await expectFree(scene.lock, { staleTimeout: 300 });
    });
  });

  describe('by what is in the folder', () => {
    const written = (content: string | Buffer | object) => (lock: string) => {
      fs.mkdirSync(lock);
      fs.writeFileSync(
        path.join(lock, 'holder.info'),
        typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
      );
    };
    /** What is there, how to make it, and the staleTimeout after which it is free if it isn't so after a short grace. */
    const odd: readonly (readonly [what: string, make: (lock: string) => void, staleTimeout?: number])[] = [
      ['an empty holder.info', written('')],
      ['NULs in holder.info', written('\0\0\0\0')],
      ['half a record', written('{"hostname": "elsewhere", "pi')],
      ['garbage', written(Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x7b]))],
      ['[]', written('[]')],
      ['{}', written('{}')],
      ['null', written('null')],
      ['10 MB', written(Buffer.alloc(10_000_000, 'x'))],
      ['nothing, as a crash after mkdir leaves it', (lock) => fs.mkdirSync(lock)],
      [
        'a holder.info that is a folder',
        (lock) => fs.mkdirSync(path.join(lock, 'holder.info', 'deep'), { recursive: true }),
      ],
      ['a pid that is a string', written({ hostname: os.hostname(), pid: '4120', timestamp: 1 }), 900],
      ['a pid of 2^70', written({ hostname: os.hostname(), pid: 2 ** 70, timestamp: 1 }), 900],
      ['a negative pid', written({ hostname: os.hostname(), pid: -1, timestamp: 1 }), 900],
      ['a timestamp that is null', written({ ...elsewhere, timestamp: null }), 900],
      ['a host name that is a number', written({ hostname: 7, pid: 4120 }), 900],
      [
        'an owner file that is no link',
        (lock) => {
          fs.mkdirSync(lock);
          fs.writeFileSync(path.join(lock, 'owner.beef'), 'not a link');
        },
        900,
      ],
    ];
    /** They only wait, so they wait together. */
    let outcomes: Promise<void>[] = [];

    before(() => {
      outcomes = odd.map(([, make, staleTimeout]) => {
        const lock = path.join(fs.mkdtempSync(path.join(scene.folder, 'odd-')), 'the.lock');
        make(lock);
        return expectHeldThenFree(lock, staleTimeout === undefined ? {} : { staleTimeout });
      });
      for (const outcome of outcomes) outcome.catch(() => undefined);
    });

    for (const [index, [what, , staleTimeout]] of odd.entries()) {
      const when = staleTimeout === undefined ? 'a short grace' : 'staleTimeout';
      it(`takes a lock with ${what} after ${when}, not at once`, () => outcomes[index]);
    }

    it('takes a lock whose holder.info is a link, and leaves alone what that points to', async () => {
      const precious = path.join(path.dirname(scene.lock), 'precious');
      fs.writeFileSync(precious, 'precious');
      fs.mkdirSync(scene.lock);
      fs.symlinkSync(precious, path.join(scene.lock, 'holder.info'));
      await expectFree(scene.lock);
      expect(fs.readFileSync(precious, 'utf8')).to.equal('precious');
    });
  });
});

async function expectHeldThenFree(lock: string, options: LockOptions): Promise<void> {
  await expectHeld(lock, options);
  await expectFree(lock, options);
}
