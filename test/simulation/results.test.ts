/** What is read from results.xml, and what is not believed. */
import { expect } from 'chai';
import { parseResults } from '../../src/simulation/results.ts';

const whole = `<?xml version='1.0' encoding='utf-8'?>
<testsuites name="cocotb tests"><testsuite name="test_a" tests="4">
<testcase classname="test_a" name="adds/width=8" time="0.125"><properties><property name="random_seed" value="7" />
<property name="file" value="/x/test_a.py" /><property name="line" value="12" />
<property name="sim_time_duration" value="110.5" /></properties></testcase>
<testcase classname="test_a" name="fails" time="0"><failure message="assert &quot;&lt;&quot; == 4&#10; + where" type="AssertionError">Traceback
  &lt;module&gt;
</failure><properties /></testcase>
<testcase classname="test_a" name="breaks" time="0"><error message="Test initialization failed" /></testcase>
<testcase classname="test_a" name="waits" time="0"><skipped message="Test was skipped" /></testcase>
</testsuite></testsuites>`;

describe('parseResults', () => {
  it('reads every test', async () => {
    const results = await parseResults(whole);
    expect(results.state).to.equal('complete');
    const tests = results.state === 'complete' ? results.tests : [];
    expect(tests.map(({ name, status }) => [name, status])).to.deep.equal([
      ['adds/width=8', 'passed'],
      ['fails', 'failed'],
      ['breaks', 'errored'],
      ['waits', 'skipped'],
    ]);
    expect(tests[0]).to.deep.equal({
      module: 'test_a',
      name: 'adds/width=8',
      fullName: 'test_a.adds/width=8',
      status: 'passed',
      simTime: 110.5,
      wallTime: 125,
      seed: 7,
      message: undefined,
      exceptionType: undefined,
      traceback: undefined,
      file: '/x/test_a.py',
      line: 12,
    });
    expect(tests[1]).to.include({
      message: 'assert "<" == 4\n + where',
      exceptionType: 'AssertionError',
      traceback: 'Traceback\n  <module>',
    });
  });

  it('finds no tests in an empty suite', async () => {
    expect(await parseResults('<?xml version=\'1.0\'?>\n<testsuites name="cocotb tests" />')).to.deep.equal({
      state: 'complete',
      tests: [],
    });
  });

  it('tells a missing file from a broken one', async () => {
    expect(await parseResults(undefined)).to.deep.equal({ state: 'missing' });
    expect((await parseResults('')).state).to.equal('broken');
    expect((await parseResults('\0\0\0\0')).state).to.equal('broken');
  });

  it('believes no document that is cut off, wherever that is', async () => {
    for (let length = 0; length < whole.length; length++) {
      expect((await parseResults(whole.slice(0, length))).state, `first ${length} characters`).to.equal('broken');
    }
  });
});
