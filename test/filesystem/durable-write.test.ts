/** Files that appear whole. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { writeDurably } from '../../src/filesystem/durable-write.ts';
import { errorCode } from '../../src/filesystem/lock-file-system.ts';

describe('writeDurably', () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'durable-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('makes a file, replaces it, and leaves nothing else', async () => {
    const file = path.join(folder, 'name with blank');
    await writeDurably(file, 'one');
    await writeDurably(file, 'two');
    expect(fs.readFileSync(file, 'utf8')).to.equal('two');
    expect(fs.readdirSync(folder)).to.deep.equal(['name with blank']);
  });

  it('shows a reader the old content or the new one, never a part', async () => {
    const file = path.join(folder, 'file');
    const contents = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await writeDurably(file, contents[0] ?? '');
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; round < 10; round++) await writeDurably(file, contents[round % 2] ?? '');
      isWriting = false;
    })();
    while (isWriting) {
      expect(contents).to.include(fs.readFileSync(file, 'utf8'));
      await new Promise(setImmediate);
    }
    await writing;
  });

  it('removes what it began when the target can not be replaced', async () => {
    const file = path.join(folder, 'file');
    fs.mkdirSync(path.join(file, 'in the way'), { recursive: true });
    const error = await writeDurably(file, 'text').catch((thrown: unknown) => thrown);
    expect(errorCode(error)).to.equal('EISDIR');
    expect(fs.readdirSync(folder)).to.deep.equal(['file']);
  });

  it('leaves the old content when the disk is full', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      needs root to mount a small tmpfs: run this test as root');
      this.skip();
    }
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status).to.equal(0);
    try {
      const file = path.join(folder, 'file');
      await writeDurably(file, 'old');
      const error = await writeDurably(file, 'x'.repeat(200_000)).catch((thrown: unknown) => thrown);
      expect(errorCode(error)).to.equal('ENOSPC');
      expect(fs.readFileSync(file, 'utf8')).to.equal('old');
      expect(fs.readdirSync(folder)).to.deep.equal(['file']);
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});
