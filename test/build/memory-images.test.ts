/** Names of memory images in sources. */
import { expect } from 'chai';
import { findMemoryImages, stringConstants } from '../../src/build/memory-images.ts';

describe('findMemoryImages', () => {
  const cases: readonly (readonly [string, string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['a literal', 'initial $readmemh("boot.hex", memory);', {}, ['boot.hex']],
    ['both calls, any blanks', '$readmemb ( "a.bin" , m); $readmemh("b.hex", m, 0, 3);', {}, ['a.bin', 'b.hex']],
    ['a parameter with a default', 'parameter INIT = "rom.hex"; initial $readmemh(INIT, m);', {}, ['rom.hex']],
    ['a parameter that the design sets', '$readmemh(INIT, m);', { INIT: 'other.hex' }, ['other.hex']],
    ['a macro', '`define ROM "rom.hex"\n$readmemh(`ROM, m);', {}, ['rom.hex']],
    ['no comment', '// $readmemh("old.hex", m);\n/* $readmemh("older.hex", m); */', {}, []],
    ['slashes in a string', 'string s = "http://x"; initial $readmemh("a//b.hex", m);', {}, ['a//b.hex']],
    ['no name made at run time', '$readmemh($sformatf("%0d.hex", i), m);', {}, []],
  ];
  for (const [what, source, constants, names] of cases) {
    it(`finds ${what}`, () => expect(findMemoryImages(source, constants)).to.deep.equal(names));
  }
});

describe('stringConstants', () => {
  it('takes the quotes off strings, and leaves out what is no string', () => {
    expect(stringConstants({ A: '"a.hex"', B: '\\"b.hex\\"', C: 3 }, { D: 'd.hex', E: null })).to.deep.equal({
      A: 'a.hex',
      B: 'b.hex',
      D: 'd.hex',
    });
  });
});
