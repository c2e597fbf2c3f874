/** SharedNFSLock as its users see it. */
import fs from 'node:fs';
import { expect } from 'chai';
import { NFSLockLost, NFSLockNested, NFSLockTimeout } from '../../src/locks/errors.ts';
import { SharedNFSLock } from '../../src/locks/shared-nfs-lock.ts';
import type { ContenderTask } from './doubles/contender.ts';
import { ended, findOverlaps, journaled, kill, readJournal } from './processes.ts';
import { rejection } from '../support/rejection.ts';
import { useScene } from './scene.ts';

describe('SharedNFSLock', () => {
  const scene = useScene();

  const start = (kind: 'shared' | 'exclusive', name: string, task: Partial<ContenderTask> = {}) =>
    scene.start({ kind, name, ...task });

  const isInside = (name: string) => (line: { what: string; name: string }) =>
    line.what === 'enter' && line.name === name;

  it('lets shared holders in together, and leaves nothing behind', async () => {
    const a = new SharedNFSLock(scene.lock);
    const b = new SharedNFSLock(scene.lock);
    await Promise.all([a.acquireShared(), b.acquireShared()]);
    expect([a.held, b.held]).to.deep.equal(['shared', 'shared']);
    await a.releaseShared();
    await b.releaseShared();
    await b.releaseShared();
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('gives values, keeps errors, and releases in both cases', async () => {
    const lock = new SharedNFSLock(scene.lock);
    expect(await lock.shared(() => 1)).to.equal(1);
    expect(await lock.exclusive(() => 2)).to.equal(2);
    const boom = new Error('boom');
    expect(await rejection(lock.exclusive(() => Promise.reject(boom)))).to.equal(boom);
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('refuses to be acquired by an object that has it', async () => {
    const lock = new SharedNFSLock(scene.lock);
    await lock.shared(async () => {
      expect(await rejection(lock.acquireExclusive())).to.be.instanceOf(NFSLockNested);
    });
  });

  it('refuses at once what would wait for itself, by another object, too', async () => {
    const other = new SharedNFSLock(scene.lock);
    await new SharedNFSLock(scene.lock).shared(async () => {
      expect(await rejection(other.acquireExclusive())).to.be.instanceOf(NFSLockNested);
      // It would wait for a writer that waits for the outer share.
      expect(await rejection(other.shared(() => undefined))).to.be.instanceOf(NFSLockNested);
    });
    await new SharedNFSLock(scene.lock).exclusive(async () => {
      expect(await rejection(other.acquireShared())).to.be.instanceOf(NFSLockNested);
    });
  });

  it('ends a share once, however many ask at a time', async () => {
    const lock = new SharedNFSLock(scene.lock);
    await lock.acquireShared();
    await Promise.all([lock.releaseShared(), lock.releaseShared()]);
    expect([lock.held, fs.existsSync(scene.lock)]).to.deep.equal([undefined, false]);
  });

  it('keeps an exclusive holder alone among processes', async () => {
    const kinds = ['shared', 'exclusive', 'shared', 'exclusive'] as const;
    await Promise.all(kinds.map((kind, index) => ended(start(kind, `${kind}${index}`, { rounds: 15, hold: 3 }))));
    const lines = readJournal(scene.journal);
    const isWriter = (name: string): boolean => name.startsWith('exclusive');
    expect(lines.filter(({ what }) => what === 'enter')).to.have.lengthOf(60);
    expect(findOverlaps(lines, (a, b) => isWriter(a) || isWriter(b))).to.deep.equal([]);
    expect(fs.existsSync(scene.lock)).to.equal(false);
  });

  it('does not starve an exclusive waiter while readers keep coming', async () => {
    const readers = ['r0', 'r1', 'r2'];
    for (const name of readers) start('shared', name, { rounds: 1_000_000, hold: 20 });
    for (const name of readers) await journaled(scene.journal, isInside(name));
    await new SharedNFSLock(scene.lock, { timeout: 20_000 }).exclusive(() => undefined);
  });

  it('names the readers that an exclusive waiter waited for', async () => {
    const reader = start('shared', 'reader');
    await journaled(scene.journal, isInside('reader'));
    const error = await rejection(new SharedNFSLock(scene.lock, { timeout: 200 }).acquireExclusive());
    expect(error).to.be.instanceOf(NFSLockTimeout);
    expect(error.message).to.include(`pid ${reader.pid}`);
    // The waiter that gave up keeps nobody out.
    await new SharedNFSLock(scene.lock, { timeout: 1_000 }).shared(() => undefined);
  });

  for (const kind of ['shared', 'exclusive'] as const) {
    it(`goes on after a ${kind} holder was killed`, async () => {
      const holder = start(kind, 'holder');
      await journaled(scene.journal, isInside('holder'));
      await kill(holder);
      const next = new SharedNFSLock(scene.lock, { timeout: 20_000 });
      if (kind === 'exclusive') await next.shared(() => undefined);
      await next.exclusive(() => undefined);
      expect(fs.existsSync(scene.lock)).to.equal(false);
    });
  }

  it('tells a stopped reader, once it wakes, that its share was taken', async () => {
    const options = { staleTimeout: 600, heartbeatInterval: 80 };
    const reader = start('shared', 'reader', { hold: 2_000, options });
    await journaled(scene.journal, isInside('reader'));
    reader.kill('SIGSTOP');
    await new SharedNFSLock(scene.lock, { ...options, timeout: 20_000 }).exclusive(() => reader.kill('SIGCONT'));
    await journaled(scene.journal, ({ what }) => what === 'done');
    expect(readJournal(scene.journal).map(({ what }) => what)).to.include.members(['lost', 'failed:NFSLockLost']);
  });

  it('tells a reader whose file is gone that it lost its share', async () => {
    const lock = new SharedNFSLock(scene.lock);
    await lock.acquireShared();
    fs.rmSync(scene.lock, { recursive: true });
    expect(await rejection(lock.releaseShared())).to.be.instanceOf(NFSLockLost);
  });

  it('is released when the process exits while it holds it', async () => {
    for (const kind of ['shared', 'exclusive'] as const) {
      await ended(start(kind, kind, { hold: 0, exits: true }));
      expect(fs.existsSync(scene.lock)).to.equal(false);
    }
  });
});
