/** One stat of each of many files. */
import path from 'node:path';
import { expect } from 'chai';
import { statFiles } from '../../src/build/file-stats.ts';
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
