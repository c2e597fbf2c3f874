/** Files that stay. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { writeSynced } from '../../src/filesystem/durable-write.ts';
import { errorCode } from '../../src/filesystem/lock-file-system.ts';
import { rejection } from '../support/rejection.ts';

describe('writeSynced', () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'durable-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('makes a file, replaces it, and leaves nothing else', async () => {
    const file = path.join(folder, 'name with blank');
    await writeSynced(file, 'one, which is longer');
    await writeSynced(file, 'two');
    expect(fs.readFileSync(file, 'utf8')).to.equal('two');
    expect(fs.readdirSync(folder)).to.deep.equal(['name with blank']);
  });

  it('leaves nothing when the disk is full', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      needs root to mount a small tmpfs: run this test as root');
      this.skip();
    }
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status).to.equal(0);
    try {
      const error = await rejection(writeSynced(path.join(folder, 'file'), 'x'.repeat(200_000)));
      expect(errorCode(error)).to.equal('ENOSPC');
      expect(fs.readdirSync(folder)).to.deep.equal([]);
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});
