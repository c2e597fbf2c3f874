/** Locks under faults: holders that are killed, stopped or blocked, places that go or are full, and another lock that contends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { NFSLockAccess } from '../../src/locks/errors.ts';
import { NFSLock } from '../../src/locks/nfs-lock.ts';
import { expectFree } from './left-lock.ts';
import { ended, findOverlaps, journaled, kill, pythonDouble, readJournal } from './processes.ts';
import { rejection } from '../support/rejection.ts';
import { useScene } from './scene.ts';

/** LOCK_KILLS raises the rounds of kill and take over. */
const kills = Number(process.env['LOCK_KILLS'] ?? 10);

describe('locks under faults', () => {
  const scene = useScene();

  it(`goes on after each of ${kills} kills of the holder`, async () => {
    for (let round = 0; round < kills; round++) {
      const name = `holder${round}`;
      const child = scene.start({ name, rounds: 1_000, hold: 1 });
      await journaled(scene.journal, (line) => line.name === name && line.what === 'enter');
      await sleep(Math.random() * 20);
      await kill(child);
      await expectFree(scene.lock);
    }
  });

  it('takes the lock of a stopped holder after staleTimeout; the holder learns of it and harms nobody', async () => {
    const options = { staleTimeout: 800, heartbeatInterval: 100 };
    const child = scene.start({ hold: 3_000, options });
    await journaled(scene.journal, ({ what }) => what === 'enter');
    child.kill('SIGSTOP');
    const lock = new NFSLock(scene.lock, { ...options, timeout: 20_000 });
    await lock.acquire();
    child.kill('SIGCONT');
    await journaled(scene.journal, ({ what }) => what === 'done');
    expect(readJournal(scene.journal).map(({ what }) => what)).to.include.members(['lost', 'failed:NFSLockLost']);
    expect(lock.held).to.equal(true);
    expect(await lock.isStillHeld()).to.equal(true);
    await lock.release();
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('leaves the lock with a holder whose event loop is blocked for longer than staleTimeout', async () => {
    const options = { staleTimeout: 800, heartbeatInterval: 100 };
    scene.start({ hold: 2_500, blocks: true, options });
    await journaled(scene.journal, ({ what }) => what === 'enter');
    await new NFSLock(scene.lock, { ...options, timeout: 20_000 }).use(() => undefined);
    const released = await journaled(scene.journal, ({ what }) => what === 'released' || what.startsWith('failed'));
    expect(released.what).to.equal('released');
  });

  describe('by its place', () => {
    it('tells a holder whose parent folder was removed that it lost the lock', async () => {
      const place = path.join(scene.folder, 'to be removed');
      fs.mkdirSync(place);
      const lock = new NFSLock(path.join(place, 'x.lock'), { staleTimeout: 1_000, heartbeatInterval: 20 });
      await lock.acquire();
      const lost = once(lock.lost, 'abort');
      fs.rmSync(place, { recursive: true });
      await lost;
      expect(await rejection(lock.release())).to.have.property('code', 'LOCK_LOST');
    });

    it('leaves nothing behind when the disk is full', async function () {
      if (process.getuid?.() !== 0) {
        // Without root no file system can be mounted; a quota of open files or sizes does not stop mkdir.
        console.log('      needs root to mount a small tmpfs: run this test as root');
        this.skip();
      }
      const place = fs.mkdtempSync(path.join(scene.folder, 'full-'));
      // Room for the root and one folder, none for what goes into it.
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=3', 'tmpfs', place]).status).to.equal(0);
      try {
        const lock = new NFSLock(path.join(place, 'x.lock'), { timeout: 1_000 });
        const error = await rejection(lock.acquire());
        expect(error).to.be.instanceOf(NFSLockAccess);
        expect(error.message).to.match(/ENOSPC[^]*Free space/);
        expect(fs.readdirSync(place)).to.deep.equal([]);
      } finally {
        spawnSync('umount', [place]);
      }
    });
  });

  describe('with the Python lock', () => {
    const python = (name: string, rounds: number) =>
      spawn('python3', [pythonDouble, scene.lock, scene.journal, name, String(rounds), '0.003'], { stdio: 'inherit' });

    it('excludes it and is excluded by it', async () => {
      const children = [
        python('python', 40),
        scene.start({ name: 'node0', rounds: 40, hold: 3 }),
        scene.start({ name: 'node1', rounds: 40, hold: 3 }),
      ];
      await Promise.all(children.map(ended));
      const lines = readJournal(scene.journal);
      expect(lines.filter(({ what }) => what === 'enter')).to.have.lengthOf(120);
      expect(findOverlaps(lines)).to.deep.equal([]);
      expect(fs.existsSync(scene.lock)).to.equal(false);
    });

    it('is not broken by it while its holder lives, and takes over after it was killed', async () => {
      const child = python('python', 1_000_000);
      await journaled(scene.journal, ({ what }) => what === 'enter');
      await kill(child);
      await expectFree(scene.lock);
    });

    it('leaves a lock of a killed holder to the next waiter even when the Python lock has removed holder.info', async () => {
      const child = scene.start();
      await journaled(scene.journal, ({ what }) => what === 'enter');
      await kill(child);
      fs.unlinkSync(path.join(scene.lock, 'holder.info'));
      await expectFree(scene.lock, { timeout: 1_000 });
    });
  });
});
