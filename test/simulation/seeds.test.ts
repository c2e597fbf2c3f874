/** Seeds of tests and of their HDL. */
import { expect } from 'chai';
import { deriveSeed, hdlSeed } from '../../src/simulation/seeds.ts';

describe('deriveSeed', () => {
  it('depends on the base seed and the name, and on nothing else', () => {
    expect(deriveSeed(1, 'test_a.x')).to.equal(deriveSeed(1, 'test_a.x'));
    expect(deriveSeed(1, 'test_a.x')).not.to.equal(deriveSeed(2, 'test_a.x'));
    expect(deriveSeed(1, 'test_a.x')).not.to.equal(deriveSeed(1, 'test_a.y'));
  });

  it('never changes: a seed in an old log is worth something', () => {
    expect(deriveSeed(42, 'test_counter.wraps')).to.equal(2051592147);
  });

  it('stays in the range that every simulator takes', () => {
    for (let base = 0; base < 1000; base++) expect(deriveSeed(base, 'x')).to.be.within(1, 2 ** 31 - 1);
  });
});

describe('hdlSeed', () => {
  it("is Python's seed where the HDL takes it", () => {
    expect(hdlSeed(1)).to.equal(1);
    expect(hdlSeed(2 ** 31 - 1)).to.equal(2 ** 31 - 1);
  });

  it('is another one, always the same and in range, where it does not', () => {
    for (const seed of [0, -5, 2 ** 31, 2 ** 40]) {
      expect(hdlSeed(seed)).to.be.within(1, 2 ** 31 - 1);
      expect(hdlSeed(seed)).to.equal(hdlSeed(seed));
    }
  });
});
