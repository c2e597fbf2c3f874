/** Holding a Python environment while another process has pip change it. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { SharedNFSLock } from '../../src/locks/shared-nfs-lock.ts';
import { holdPythonEnvironment } from '../../src/python/hold.ts';
import { rejection } from '../support/rejection.ts';
import { Scratch } from './scratch.ts';

describe('holdPythonEnvironment', () => {
  let scratch: Scratch;
  let lockPath: string;
  let pip: SharedNFSLock;

  beforeEach(async () => {
    scratch = await Scratch.make();
    lockPath = scratch.path('environment.lock');
    await mkdir(path.dirname(lockPath), { recursive: true });
    pip = new SharedNFSLock(lockPath);
    await pip.acquireExclusive();
  });
  afterEach(async () => {
    await pip.releaseExclusive();
    await scratch.remove();
  });

  const isHeld = async () => {
    const error: unknown = await new SharedNFSLock(lockPath, { timeout: 0 })
      .acquireExclusive()
      .catch((thrown: unknown) => thrown);
    return error !== undefined;
  };

  it('ends the wait of one whose signal fires, and of no other', async () => {
    const given = new AbortController();
    const [first, second] = [holdPythonEnvironment({ lockPath }, given.signal), holdPythonEnvironment({ lockPath })];
    given.abort(new Error('enough'));
    expect(await rejection(first)).to.have.property('message', 'enough');
    await pip.releaseExclusive();
    await second;
    expect(await isHeld()).to.equal(true);
  });

  it('waits no longer when nobody does, and anew for the next', async () => {
    const given = new AbortController();
    const waits = [1, 2].map(() => rejection(holdPythonEnvironment({ lockPath }, given.signal)));
    given.abort(new Error('enough'));
    expect((await Promise.all(waits)).map(({ message }) => message)).to.deep.equal(['enough', 'enough']);
    // It must not get the end of the wait that was given up.
    const next = holdPythonEnvironment({ lockPath });
    await pip.releaseExclusive();
    await next;
    expect(await isHeld()).to.equal(true);
  });

  it('does not begin for one who has given up', async () => {
    const error = await rejection(holdPythonEnvironment({ lockPath }, AbortSignal.abort(new Error('enough'))));
    expect(error).to.have.property('message', 'enough');
    await pip.releaseExclusive();
    expect(existsSync(lockPath)).to.equal(false);
  });
});
