/** Many tests in one simulation: each has its own result, as soon as it is known, and the rest goes on when one takes the simulation down. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Build } from '../../src/build/build.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { shareOfCores, withFreeCore } from '../../src/simulation/cores.ts';
import { simulateModule, type SimulateModuleOptions } from '../../src/simulation/module.ts';
import type { SimulationResult } from '../../src/simulation/result.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { buildProbe, probeOptions, scratchFolder } from './builds.ts';

interface Told {
  readonly simulations: readonly SimulationResult[];
  readonly told: readonly [string, SimulationResult][];
  /** Verdicts by the tests' names. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly logs: readonly string[];
}

describe('simulateModule', function () {
  this.timeout(120_000);
  let build: Build;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let count = 0;

  before(async () => {
    build = await buildProbe('verilator');
    scratch = await scratchFolder();
  });

  after(async () => {
    endWarmServers();
    await scratch.cleanup();
  });

  const run = async (
    names: readonly string[],
    options: Partial<SimulationOptions>,
    more: Partial<SimulateModuleOptions> = {},
  ): Promise<Told> => {
    const module = String(options.testModule ?? 'test_series');
    const folder = path.join(scratch.path, String(++count));
    const told: [string, SimulationResult][] = [];
    const simulations = await simulateModule(build, probeOptions(build, { testModule: module, ...options }), {
      tests: names.map((name) => `${module}.${name}`),
      folderOf: (number) => `${folder}-${number}`,
      onResult: (fullName, result) => told.push([fullName, result]),
      ...more,
    });
    return {
      simulations,
      told,
      kinds: Object.fromEntries(told.map(([name, { verdict }]) => [name.replace(/.*\./, ''), verdict.kind])),
      // One that never began has none.
      logs: simulations.map(({ logFile }) => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')),
    };
  };

  for (const launch of ['warm', 'cold'] as const) {
    it(`runs all in one simulation and gives each its own verdict (${launch})`, async () => {
      const { simulations, told, kinds, logs } = await run(['first', 'second_fails', 'third'], { launch });
      expect(simulations).to.have.lengthOf(1);
      expect(simulations[0]?.launch).to.equal(launch);
      expect(simulations[0]?.verdict.kind).to.equal('failed');
      expect(kinds).to.deep.equal({ first: 'passed', second_fails: 'failed', third: 'passed' });
      expect(logs[0]).to.include('so far: first,second,third');
      for (const [fullName, { tests, directory, launch: how }] of told) {
        expect(tests.map((test) => test.fullName)).to.deep.equal([fullName]);
        expect(directory).to.equal(simulations[0]?.directory);
        expect(how).to.equal(launch);
      }
      expect(told[1]?.[1].tests[0]?.message).to.match(/^assert 2 == 0/);
      expect(told.map(([, { logTail }]) => logTail.includes('second_fails failed'))).to.deep.equal([false, true, true]);
    });

    it(`goes on in the same simulation after a test that only says it had ended (${launch})`, async () => {
      const { simulations, kinds } = await run(['first', 'claims_the_end', 'third', 'fifth'], { launch });
      expect(simulations).to.have.lengthOf(1);
      expect(kinds).to.deep.equal({ first: 'passed', claims_the_end: 'failed', third: 'passed', fifth: 'passed' });
    });

    it(`tells results as they come (${launch})`, async () => {
      const abort = new AbortController();
      const told: [string, string][] = [];
      await run(
        ['first', 'hangs', 'fifth'],
        { launch },
        {
          signal: abort.signal,
          onResult: (fullName, result) => {
            told.push([fullName, result.verdict.kind]);
            abort.abort();
          },
        },
      );
      expect(told).to.deep.equal([
        ['test_series.first', 'passed'],
        ['test_series.hangs', 'aborted'],
        ['test_series.fifth', 'aborted'],
      ]);
    });

    it(`goes on in a new simulation after one that died (${launch})`, async () => {
      const { simulations, kinds, logs, told } = await run(['first', 'dies', 'fourth', 'fifth'], { launch });
      expect(simulations.map(({ verdict }) => verdict.kind)).to.deep.equal(['crashed', 'passed']);
      expect(kinds).to.deep.equal({ first: 'passed', dies: 'crashed', fourth: 'passed', fifth: 'passed' });
      expect(told.map(([name]) => name.split('.')[1])).to.deep.equal(['first', 'dies', 'fourth', 'fifth']);
      expect(logs[1]).to.include('so far: fourth,fifth');
    });

    it(`goes on after a test that outlasts its limit (${launch})`, async () => {
      const { kinds, told } = await run(
        ['first', 'hangs', 'fifth'],
        { launch },
        { limitOf: (name) => (name.endsWith('hangs') ? 300 : 60_000) },
      );
      expect(kinds).to.deep.equal({ first: 'passed', hangs: 'timed-out', fifth: 'passed' });
      expect(told[1]?.[1].verdict).to.include({ limit: 300 });
    });

    it(`goes on after the HDL has ended the simulation (${launch})`, async () => {
      const { simulations, kinds, told } = await run(['first', 'finishes', 'fifth'], { launch });
      expect(simulations).to.have.lengthOf(2);
      expect(kinds).to.deep.equal({ first: 'passed', finishes: 'failed', fifth: 'passed' });
      expect(told[1]?.[1].logTail).to.include('Verilog $finish');
    });

    it(`does not pass the last test of a simulation that ends badly (${launch})`, async () => {
      const { kinds } = await run(['first', 'exits_badly'], { launch });
      expect(kinds).to.deep.equal({ first: 'passed', exits_badly: 'crashed' });
    });

    it(`gives all tests the verdict that kept them from running (${launch})`, async () => {
      const broken = await run(['one', 'two'], { launch, testModule: 'test_broken' });
      expect(broken.simulations).to.have.lengthOf(1);
      expect(broken.kinds).to.deep.equal({ one: 'import-error', two: 'import-error' });
    });

    it(`says which tests there are none of (${launch})`, async () => {
      const { kinds } = await run(['first', 'renamed'], { launch });
      expect(kinds).to.deep.equal({ first: 'passed', renamed: 'no-tests-matched' });
    });
  }

  it('does not count waiting for a free core', async () => {
    const limit = 2000;
    const busy = Array.from({ length: shareOfCores() }, async () =>
      withFreeCore({}, undefined, async () => sleep(limit + 100)),
    );
    const { kinds } = await run(['first', 'third'], { launch: 'cold' }, { limitOf: () => limit });
    expect(kinds).to.deep.equal({ first: 'passed', third: 'passed' });
    await Promise.all(busy);
  });

  it('says that it was aborted when that happens while it waits for a free core', async () => {
    const abort = new AbortController();
    const busy = Array.from({ length: shareOfCores() }, async () =>
      withFreeCore({}, undefined, async () => {
        abort.abort();
        return Promise.resolve();
      }),
    );
    const { kinds } = await run(['first', 'third'], { launch: 'cold' }, { signal: abort.signal });
    expect(kinds).to.deep.equal({ first: 'aborted', third: 'aborted' });
    await Promise.all(busy);
  });
});
