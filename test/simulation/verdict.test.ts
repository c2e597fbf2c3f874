/** Every way in which a simulation can end, for real, and the verdict on it; warm and cold. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Build } from '../../src/build/build.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { buildProbe, scratchFolder, simulateProbe } from './builds.ts';

interface Row {
  readonly title: string;
  readonly options: Partial<SimulationOptions>;
  readonly verdict: object;
  readonly message?: RegExp;
}

const rows: readonly Row[] = [
  { title: 'passed', options: { testcase: ['passes', 'is_skipped'] }, verdict: { kind: 'passed' } },
  {
    title: 'failed',
    options: { testcase: ['passes', 'fails', 'raises'] },
    verdict: { kind: 'failed', failed: 2 },
    message: /2 of 3 tests failed: test_probe.fails, test_probe.raises/,
  },
  {
    title: 'no tests matched, for a misspelt name',
    options: { testcase: 'pases' },
    verdict: { kind: 'no-tests-matched' },
    message: /No test called pases in test_probe: nothing ran/,
  },
  {
    title: 'no tests matched, for one misspelt name of two',
    options: { testcase: ['passes', 'pases'] },
    verdict: { kind: 'no-tests-matched' },
    message: /No test called pases in test_probe: only passes ran/,
  },
  {
    title: 'no tests matched, for a filter',
    options: { testFilter: 'nothing$' },
    verdict: { kind: 'no-tests-matched' },
    message: /No test of test_probe matches the test filter/,
  },
  {
    title: 'no tests matched, for a module without tests',
    options: { testModule: 'probe_helper' },
    verdict: { kind: 'no-tests-matched' },
    message: /No cocotb test in probe_helper/,
  },
  {
    title: 'import error, for a missing module',
    options: { testModule: 'test_nowhere' },
    verdict: { kind: 'import-error' },
    message: /test_nowhere could not be imported: ModuleNotFoundError: No module named 'test_nowhere'/,
  },
  {
    title: 'import error, for a module that raises',
    options: { testModule: 'test_broken' },
    verdict: { kind: 'import-error' },
    message: /test_broken could not be imported: KeyError: 'MISSING_SETTING'/,
  },
  {
    title: 'crashed, for SIGSEGV',
    options: { testcase: 'kills_itself' },
    verdict: { kind: 'crashed', signal: 'SIGSEGV', exitCode: undefined },
    message: /ended by SIGSEGV: it wrote no results/,
  },
  {
    title: 'crashed, for a null pointer in C++',
    options: { testcase: 'crashes_in_hdl' },
    verdict: { kind: 'crashed', signal: 'SIGSEGV' },
  },
  {
    title: 'crashed, for an exit code after complete results that all passed',
    options: { testcase: 'exits_badly' },
    verdict: { kind: 'crashed', exitCode: 3, signal: undefined },
    message: /exited with code 3: all 1 tests that reported passed, so look at/,
  },
  {
    title: 'timed out',
    options: { testcase: 'hangs', timeout: 1500 },
    verdict: { kind: 'timed-out', limit: 1500 },
    message: /timeout 1500 ms/,
  },
  {
    title: 'results cut short',
    options: { testcase: 'cuts_results' },
    verdict: { kind: 'results-cut-short' },
    message: /left broken results \(.*unclosed tag/,
  },
  {
    title: 'results cut short, for a test that leaves the process with exit code 0',
    options: { testcase: 'leaves_early' },
    verdict: { kind: 'results-cut-short' },
    message: /exited with code 0 but wrote no results/,
  },
  {
    title: 'failed, for $fatal after the results, whatever the exit code',
    options: { testcase: 'reaches_fatal' },
    verdict: { kind: 'failed', failed: 1 },
  },
];

describe('the verdict on a simulation', function () {
  this.timeout(300_000);
  let build: Build;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;

  before(async () => {
    build = await buildProbe('verilator');
    scratch = await scratchFolder();
  });

  after(async () => {
    endWarmServers();
    await scratch.cleanup();
  });

  for (const launch of ['cold', 'warm'] as const) {
    for (const { title, options, verdict, message } of rows) {
      it(`is ${title} (${launch})`, async () => {
        const result = await simulateProbe(build, path.join(scratch.path, `${launch} ${title}`), {
          ...options,
          launch,
        });
        expect(result.verdict).to.include(verdict);
        if (message !== undefined) expect(result.verdict).to.have.property('message').that.matches(message);
        if (result.verdict.kind !== 'passed') {
          expect(result.logTail).to.equal(readFileSync(result.logFile, 'utf8'));
        }
      });
    }

    it(`is aborted when the signal fires (${launch})`, async () => {
      const abort = new AbortController();
      const running = simulateProbe(
        build,
        path.join(scratch.path, `${launch} aborted`),
        { testcase: 'hangs', launch },
        { signal: abort.signal },
      );
      const log = path.join(scratch.path, `${launch} aborted`, 'sim.log');
      while (!existsSync(log) || !readFileSync(log, 'utf8').includes('running test_probe.hangs')) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      abort.abort();
      expect((await running).verdict.kind).to.equal('aborted');
    });

    it(`is results cut short when an expected test is missing (${launch})`, async () => {
      const { verdict } = await simulateProbe(
        build,
        path.join(scratch.path, `${launch} expected`),
        { testFilter: 'passes', launch },
        { expected: ['test_probe.passes', 'test_probe.renamed'] },
      );
      expect(verdict.kind).to.equal('results-cut-short');
      expect(verdict)
        .to.have.property('message')
        .that.matches(/No result of test_probe.renamed/);
    });

    it(`is could not start when the executable is missing (${launch})`, async () => {
      const gone = { ...build, directory: path.join(scratch.path, 'gone') };
      const { verdict } = await simulateProbe(gone, path.join(scratch.path, `${launch} missing`), {
        testcase: 'passes',
        launch,
      });
      expect(verdict.kind).to.equal('could-not-start');
      expect(verdict)
        .to.have.property('message')
        .that.matches(/gone\/Vtop does not exist/);
    });

    it(`is could not start when the log can not be written (${launch})`, async () => {
      const { verdict } = await simulateProbe(build, path.join(scratch.path, `${launch} log`), {
        testcase: 'passes',
        logFile: '/dev/null/sim.log',
        launch,
      });
      expect(verdict.kind).to.equal('could-not-start');
      expect(verdict)
        .to.have.property('message')
        .that.matches(/log file can't be written.*\/dev\/null\/sim.log/);
    });

    it(`is could not start when cocotb finds no such toplevel (${launch})`, async () => {
      const design = { ...build.design, toplevel: 'nowhere' };
      const { verdict } = await simulateProbe({ ...build, design }, path.join(scratch.path, `${launch} toplevel`), {
        testcase: 'passes',
        launch,
      });
      expect(verdict.kind).to.equal('could-not-start');
      expect(verdict)
        .to.have.property('message')
        .that.matches(/Can not find root handle 'nowhere'/);
    });
  }

  it('is could not start, with the reason, when a simulation must start warm and can not', async () => {
    const { verdict } = await simulateProbe(build, path.join(scratch.path, 'unwarm'), {
      testcase: 'passes',
      launch: 'warm',
      extraEnv: { COCOTB_LIBRARY_COVERAGE: '1' },
    });
    expect(verdict.kind).to.equal('could-not-start');
    expect(verdict)
      .to.have.property('message')
      .that.matches(/COCOTB_LIBRARY_COVERAGE is set/);
  });
});

describe('a finished simulation', function () {
  this.timeout(300_000);
  let build: Build;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;

  before(async () => {
    build = await buildProbe('verilator');
    scratch = await scratchFolder();
  });

  after(async () => {
    endWarmServers();
    await scratch.cleanup();
  });

  it('tells all of each test', async () => {
    const { tests } = await simulateProbe(build, path.join(scratch.path, 'all'), {
      testcase: ['passes', 'fails', 'raises'],
      seed: 42,
    });
    const [passed, failed, raised] = tests;
    expect(passed).to.deep.include({
      module: 'test_probe',
      name: 'passes',
      fullName: 'test_probe.passes',
      status: 'passed',
      simTime: 60,
      seed: 42,
      message: undefined,
      traceback: undefined,
    });
    expect(passed?.file).to.match(/designs\/test_probe\.py$/);
    expect(passed?.line).to.be.greaterThan(1);
    expect(failed?.status).to.equal('failed');
    expect(failed?.exceptionType).to.equal('AssertionError');
    expect(failed?.message?.split('\n')[0]).to.equal('assert 0 == 3');
    expect(failed?.traceback).to.match(/^Traceback[^]*assert int\(dut\.q\.value\) == expected[^]*assert 0 == 3/);
    expect(raised?.message).to.equal('no such thing');
  });

  it('is reproduced, failure and seed, by its line', async () => {
    const { execa } = await import('execa');
    const result = await simulateProbe(build, path.join(scratch.path, "it's reproduced"), {
      testcase: ['passes', 'fails'],
      plusargs: ['+depth=9'],
      extraEnv: { EXTRA: "it's set", 'my.option': "it's $1" },
      seed: 99,
    });
    const again = await execa('sh', ['-c', result.reproduce], { reject: false, all: true });
    expect(again.exitCode).to.equal(1);
    expect(again.all)
      .to.match(/assert 0 == 3/)
      .and.match(/extra it's set/)
      .and.match(/option it's \$1/)
      .and.match(/depth 9/);
    const drawn = (text: string) => /drawn.*/.exec(text)?.[0];
    expect(drawn(again.all)).to.equal(drawn(readFileSync(result.logFile, 'utf8')));
    expect(readFileSync(path.join(result.directory, 'reproduce', 'results.xml'), 'utf8')).to.include('assert 0 == 3');
  });

  it('passes again by its line', async () => {
    const { execa } = await import('execa');
    const result = await simulateProbe(build, path.join(scratch.path, 'passes again'), { testcase: 'passes' });
    const elsewhere = path.join(scratch.path, 'else where');
    const again = await execa('sh', ['-c', `${result.reproduce} '${elsewhere}'`], { reject: false });
    expect(again.exitCode).to.equal(0);
    expect(existsSync(path.join(elsewhere, 'results.xml'))).to.equal(true);
  });
});
