/** Which files count as changed while a compile ran. */
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { Digests } from '../../src/build/digests.ts';
import { changeTime } from '../../src/build/file-stats.ts';
import { findChanged } from '../../src/build/inputs.ts';
import { layoutOf } from '../../src/build/layout.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

describe('findChanged', () => {
  let project: Scratch;
  let file: string;
  let digests: Digests;

  beforeEach(() => {
    project = scratch({ 'header.h': 'one' });
    file = project.path('header.h');
    digests = new Digests(layoutOf(project.path('sim_build')), project.folder);
  });

  afterEach(() => project[Symbol.dispose]());

  const second = 1_000_000_000n;
  const changed = (): bigint => changeTime(statSync(file, { bigint: true }));
  const exact = (): bigint => 0n;

  it('suspects a file of which nothing was known when it changed after the start', async () => {
    const [before, after] = [changed() - 1n, changed() + 1n];
    expect(await findChanged([file], new Map(), before, exact, digests)).to.include({ isCertain: false });
    expect((await findChanged([file], new Map(), before, exact, digests)).files).to.deep.equal([file]);
    expect((await findChanged([file], new Map(), after, exact, digests)).files).to.deep.equal([]);
  });

  it('suspects it, too, when its clock is behind by more than the time since the start', async () => {
    const start = changed() + 60n * second;
    const behind = (name: string): bigint => (name === file ? 3_600n * second : 0n);
    expect((await findChanged([file], new Map(), start, behind, digests)).files).to.deep.equal([file]);
    const muchLater = changed() + 7_200n * second;
    expect((await findChanged([file], new Map(), muchLater, behind, digests)).files).to.deep.equal([]);
  });

  it('is certain of a file that was known, whatever its time says', async () => {
    const [before] = await digests.of([file]);
    const known = new Map([[file, before]]);
    const behind = (): bigint => 3_600n * second;
    expect((await findChanged([file], known, changed(), behind, digests)).files).to.deep.equal([]);
    writeFileSync(file, 'two');
    utimesSync(file, 0, 0);
    expect(await findChanged([file], known, changed() + second, exact, digests)).to.deep.include({
      files: [file],
      isCertain: true,
    });
  });
});
