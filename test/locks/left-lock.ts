/** A lock as another lock, or another node, would have left it; and whether it can be had. */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { NFSLockTimeout } from '../../src/locks/errors.ts';
import { NFSLock } from '../../src/locks/nfs-lock.ts';
import type { LockOptions } from '../../src/locks/options.ts';
import { rejection } from '../support/rejection.ts';

/** A holder on another host, of whom nothing is known. */
export const elsewhere = { hostname: 'elsewhere', pid: 4120 };

/** What a holder writes that takes it now, s. */
export const now = (): number => Date.now() / 1000;

/** Makes a lock with a holder.info that was written so many seconds ago. */
export function leaveLock(lock: string, holder: object, age = 0): void {
  fs.mkdirSync(lock);
  const file = path.join(lock, 'holder.info');
  fs.writeFileSync(file, JSON.stringify(holder));
  fs.utimesSync(file, now() - age, now() - age);
}

/** Takes the lock, and leaves nothing of it. */
export async function expectFree(lockPath: string, options: LockOptions = {}): Promise<void> {
  const lock = new NFSLock(lockPath, { timeout: 20_000, ...options });
  await lock.acquire();
  expect(fs.readdirSync(lockPath)).to.have.lengthOf(2).and.to.include('holder.info');
  await lock.release();
  expect(fs.existsSync(lockPath)).to.equal(false);
}

export async function expectHeld(lockPath: string, options: LockOptions = {}): Promise<void> {
  expect(await rejection(new NFSLock(lockPath, { timeout: 400, ...options }).acquire())).to.be.instanceOf(
    NFSLockTimeout,
  );
}
