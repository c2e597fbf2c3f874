/** Discovery of cocotb tests that needs a simulation. */
import path from 'node:path';
import { expect } from 'chai';
import { discoverCocotbTests } from '../../src/simulation/discover.ts';
import { buildProbe, probeOptions } from './builds.ts';

describe('discoverCocotbTests', function () {
  this.timeout(300_000);

  const discover = async (testModule: string, options: object = {}) => {
    const build = await buildProbe('icarus');
    return discoverCocotbTests(build.design, probeOptions(build, { testModule, ...options }));
  };

  it('lists the tests of a module that reads the design at import', async () => {
    const tests = await discover('test_at_import');
    expect(tests.map(({ name, skip }) => [name, skip])).to.deep.equal([
      ['has_bit/bit=0', false],
      ['has_bit/bit=4', false],
      ['is_skipped', true],
    ]);
    expect(tests[0]?.fullName).to.equal('test_at_import.has_bit/bit=0');
    expect(path.basename(tests[0]?.file ?? '')).to.equal('test_at_import.py');
    expect(tests[0]?.line).to.be.greaterThan(1);
  });

  it('keeps to the tests that are selected', async () => {
    const named = await discover('test_at_import', { testcase: 'has_bit/bit=4' });
    expect(named.map(({ name }) => name)).to.deep.equal(['has_bit/bit=4']);
    const filtered = await discover('test_at_import', { testFilter: '(?i)SKIPPED' });
    expect(filtered.map(({ name }) => name)).to.deep.equal(['is_skipped']);
  });

  it('lists the tests of a module that needs no simulation without one', async () => {
    const tests = await discover('test_series');
    expect(tests.map(({ name }) => name)).to.include('second_fails');
  });

  it('says why a module can not be imported in a simulation either', async () => {
    const error = await discover('test_broken').catch((error: unknown) => error);
    expect(error).to.have.property('code', 'DISCOVERY_FAILED');
    expect(error)
      .to.have.property('message')
      .that.matches(/KeyError: 'MISSING_SETTING'[^]*test_broken\.py/);
  });
});
