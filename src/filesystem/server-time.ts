/** The present by the clock of a folder's file system, with which time stamps of files there can be compared. */
import { randomBytes } from 'node:crypto';
import { statSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Nanoseconds since the epoch: the time stamp that a file made now gets. The folder must exist and be writable. */
export function serverTime(folder: string): bigint {
  const probe = path.join(folder, `.now-${randomBytes(6).toString('hex')}`);
  writeFileSync(probe, '');
  try {
    return statSync(probe, { bigint: true }).mtimeNs;
  } finally {
    unlinkSync(probe);
  }
}
