/** Which of many paths are files. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { makeFileLookup } from '../../src/options/file-lookup.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

describe('makeFileLookup', () => {
  const names = Array.from({ length: 20 }, (_, index) => `rtl/m${index}.v`);
  let project: Scratch;
  /** Has been asked for so many files of rtl/ that it has read the folder. */
  let isFile: (file: string) => boolean;

  beforeEach(() => {
    project = scratch(Object.fromEntries(names.map((name) => [name, ''])));
    mkdirSync(project.path('rtl/folder.v'));
    symlinkSync('m0.v', project.path('rtl/link.v'));
    symlinkSync('folder.v', project.path('rtl/link-to-folder.v'));
    symlinkSync('nowhere', project.path('rtl/dangling.v'));
    isFile = makeFileLookup();
    expect(names.map(project.path).filter((file) => !isFile(file))).to.deep.equal([]);
  });
  afterEach(() => {
    project[Symbol.dispose]();
  });

  for (const { name, is } of [
    { name: 'rtl/link.v', is: true },
    { name: 'rtl/folder.v', is: false },
    { name: 'rtl/link-to-folder.v', is: false },
    { name: 'rtl/dangling.v', is: false },
    { name: 'rtl/missing.v', is: false },
    { name: 'missing/m0.v', is: false },
    { name: 'rtl/m0.v/m0.v', is: false },
  ]) {
    it(`says ${is ? 'yes' : 'no'} to ${name}, whether or not it has read the folder`, () => {
      expect(isFile(project.path(name))).to.equal(is);
      expect(makeFileLookup()(project.path(name))).to.equal(is);
    });
  }

  it('finds a file that was made after the folder was read', () => {
    writeFileSync(project.path('rtl/late.v'), '');
    expect(isFile(project.path('rtl/late.v'))).to.equal(true);
  });

  it('says no to many files of a folder that is not there', () => {
    rmSync(project.path('rtl'), { recursive: true });
    const lookAgain = makeFileLookup();
    expect(names.map(project.path).some((file) => lookAgain(file))).to.equal(false);
  });
});
