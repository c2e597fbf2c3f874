/** How much of the node may be used. */
import { expect } from 'chai';
import { readQuota, withinQuota } from '../../src/build/limits.ts';
import { scratch } from '../support/scratch.ts';

describe('readQuota', () => {
  it("reads a cgroup's limit on CPU time, in cores", () => {
    using folder = scratch({ limited: '150000 100000\n', unlimited: 'max 100000\n', torn: '' });
    const quotas = ['limited', 'unlimited', 'torn', 'missing'].map((name) => readQuota(folder.path(name)));
    expect(quotas).to.deep.equal([1.5, undefined, undefined, undefined]);
  });
});

describe('withinQuota', () => {
  it('is the cores, or what the quota leaves of them, at least 1', () => {
    expect(withinQuota(8, undefined)).to.equal(8);
    expect(withinQuota(8, 1.5)).to.equal(2);
    expect(withinQuota(8, 0.2)).to.equal(1);
    expect(withinQuota(8, 64)).to.equal(8);
  });
});
