/** Paths of many files: the same as node:path says. */
import { expect } from 'chai';
import path from 'node:path';
import { namerIn, resolverIn } from '../../src/options/paths.ts';

const folders = ['/', '/a', '/a/b', '/a.b/..c'];
const segments = ['a', '.', '..', '', 'b.v', '.v', '..v', '...', 'a b'];

describe('resolverIn', () => {
  for (const folder of folders) {
    it(`resolves in ${folder} as path.resolve does`, () => {
      const resolve = resolverIn(folder);
      for (const first of segments) {
        expect(resolve(first), first).to.equal(path.resolve(folder, first));
        for (const second of segments) {
          for (const file of [`${first}/${second}`, `/${first}/${second}`, `x/${first}/${second}`]) {
            expect(resolve(file), file).to.equal(path.resolve(folder, file));
          }
        }
      }
    });
  }
});

describe('namerIn', () => {
  for (const folder of folders) {
    it(`names files from ${folder} as path.relative does, and that folder by a dot`, () => {
      const name = namerIn(folder);
      for (const file of ['/', '/a', '/ab', '/a/b', '/a/b/c.v', '/a/bc.v', '/a.b/..c/d.v', '/x/y.v']) {
        expect(name(file), file).to.equal(path.relative(folder, file) || '.');
      }
    });
  }
});
