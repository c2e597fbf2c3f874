/** One stat of each of many files, and what their time stamps are worth. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Clocks, statFiles } from '../../src/build/file-stats.ts';
import { scratch } from '../support/scratch.ts';

describe('statFiles', () => {
  it('gives what is wanted of each stat in the order of the files, nothing for what is missing', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `${index}.v`);
    using project = scratch(Object.fromEntries(names.map((name, index) => [name, 'x'.repeat(index)])));
    const files = names.map(project.path).map((file, index) => (index % 7 === 0 ? `${file}.missing` : file));
    const seen = await statFiles(files, (stat, file) => [path.basename(file), stat?.size]);
    expect(seen).to.deep.equal(
      names.map((name, index) => (index % 7 === 0 ? [`${name}.missing`, undefined] : [name, BigInt(index)])),
    );
  });

  it('gives nothing for no files', async () => {
    expect(await statFiles([], () => 'seen')).to.deep.equal([]);
  });
});

describe('Clocks', () => {
  it('trusts the stamps of the same file system, and less those of one that keeps whole seconds or of another clock', () => {
    using project = scratch({ 'file.h': '' });
    const file = project.path('file.h');
    const clocks = new Clocks(project.folder);
    const changedAt = (ctimeNs: bigint) => Object.assign(statSync(file, { bigint: true }), { mtimeNs: 0n, ctimeNs });
    expect(clocks.uncertainty(file, changedAt(1_500_000_001n))).to.equal(0n);
    expect(clocks.uncertainty(file, changedAt(2_000_000_000n))).to.equal(2_000_000_000n);
    // No file system that counts as this node's own; its clock may be any.
    expect(clocks.uncertainty('/proc/version', statSync('/proc/version', { bigint: true }))).to.equal(
      86_400_000_000_000n,
    );
  });
});
