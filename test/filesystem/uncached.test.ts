/** Whether a file is there, asked of the server. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { nodeFileSystem, type LockFileSystem } from '../../src/filesystem/lock-file-system.ts';
import { existsUncached } from '../../src/filesystem/uncached.ts';

describe('existsUncached', () => {
  let folder: string;

  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'uncached-'))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('sees files, folders and dangling links, and what is not there', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    fs.symlinkSync('nowhere', path.join(folder, 'link'));
    expect(await existsUncached(folder)).to.equal(true);
    expect(await existsUncached(path.join(folder, 'file'))).to.equal(true);
    expect(await existsUncached(path.join(folder, 'link'))).to.equal(true);
    expect(await existsUncached(path.join(folder, 'missing'))).to.equal(false);
    expect(await existsUncached(path.join(folder, 'missing', 'deep'))).to.equal(false);
    expect(await existsUncached(path.join(folder, 'file', 'deep'))).to.equal(false);
  });

  it('opens the parent folder before it looks, and takes a stale handle for absence', async () => {
    const asked: string[] = [];
    const stale: LockFileSystem = {
      ...nodeFileSystem,
      refresh: async (parent) => void asked.push(`refresh ${parent}`),
      lstat: async (file) => {
        asked.push(`lstat ${file}`);
        throw Object.assign(new Error(), { code: 'Unknown system error -116', errno: -os.constants.errno.ESTALE });
      },
    };
    expect(await existsUncached('/a/b', stale)).to.equal(false);
    expect(asked).to.deep.equal(['refresh /a', 'lstat /a/b']);
  });

  it('asks for the folders above, too, when it does not know the folder', async () => {
    const known = new Set(['/']);
    const asked: string[] = [];
    // A client that believes what it was told last, until the folder above is opened.
    const caching: LockFileSystem = {
      ...nodeFileSystem,
      refresh: async (folder) => {
        asked.push(`refresh ${folder}`);
        if (!known.has(folder)) throw Object.assign(new Error(), { code: 'ENOENT' });
        known.add(path.join(folder, folder === '/' ? 'a' : 'b'));
      },
      lstat: async (file) => {
        if (!known.has(file)) throw Object.assign(new Error(), { code: 'ENOENT' });
        return { kind: 'folder', inode: 1, size: 0, modified: 0, changed: 0 };
      },
    };
    expect(await existsUncached('/a/b/b', caching)).to.equal(true);
    expect(asked).to.deep.equal(['refresh /a/b', 'refresh /a', 'refresh /', 'refresh /a', 'refresh /a/b']);
    expect(await existsUncached('/a/c/b', caching)).to.equal(false);
  });
});
