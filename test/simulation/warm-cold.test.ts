/** Warm and cold starts of the same simulation give the same: tests, states, simulated times, logs, files and exit states. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Build } from '../../src/build/build.ts';
import type { DesignOptions } from '../../src/options/design.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { files, outcome } from './alike.ts';
import { buildProbe, scratchFolder, simulateProbe, type Tried } from './builds.ts';

/** More than MANY in warm.py. */
const many = 25;

interface Row {
  readonly title: string;
  readonly options: Partial<SimulationOptions>;
  readonly variant?: Partial<DesignOptions>;
  readonly only?: Tried;
  /** Whether the row must have shown something, so that two empty logs don't pass. */
  readonly shows?: RegExp;
}

const rows: readonly Row[] = [
  {
    title: 'a passing test',
    options: { testcase: 'passes' },
    shows: /^(?=[^]*image 11 44)(?=[^]*printed)[^]*destroyed: finished test/,
  },
  { title: 'a failing test', options: { testcase: 'fails' }, shows: /assert 0 == 3/ },
  { title: 'an exception', options: { testcase: 'raises' }, shows: /ValueError/ },
  {
    title: 'warnings and stderr',
    options: { testcase: 'warns' },
    shows: /mind the gap[^]*to stderr|to stderr[^]*mind the gap/,
  },
  {
    title: 'a thread that outlives the test',
    options: { testcase: 'starts_thread' },
    shows: /process: True[^]*thread finished/,
  },
  {
    title: 'objects whose class has no hash',
    options: { testcase: 'keeps_odd_objects' },
    shows: /destroyed: odd test/,
  },
  {
    title: 'garbage that warns',
    options: { testcase: 'leaves_loop_open' },
    shows: /WARNING +py\.warnings[^]*ResourceWarning/,
  },
  {
    title: 'several tests',
    options: { testcase: ['passes', 'raises', 'is_skipped', 'fails_as_expected', 'has_cases/width=16/name=a'] },
    shows: /TESTS=5/,
  },
  { title: 'all that a filter selects', options: { testFilter: 'has_cases' }, shows: /TESTS=4/ },
  { title: 'another seed', options: { testcase: 'passes', seed: 123_456_789 }, shows: /drawn/ },
  {
    title: 'a seed for the HDL alone',
    options: { testcase: 'passes', plusargs: ['+verilator+seed+42'] },
    shows: /drawn/,
    only: 'verilator',
  },
  {
    title: 'plusargs',
    options: { testcase: 'passes', plusargs: ['+depth=5', '+verbose'] },
    shows: /depth 5[^]*verbose/,
  },
  {
    title: 'an environment of its own',
    options: { testcase: 'passes', extraEnv: { EXTRA: 'α β' } },
    shows: /extra α β/,
  },
  {
    title: 'the whole environment',
    options: { testcase: 'shows_environment' },
    shows: /PATH [^]*that a process inherits/,
  },
  {
    title: 'log settings of cocotb',
    options: {
      testcase: 'passes',
      extraEnv: { COCOTB_LOG_LEVEL: 'DEBUG', COCOTB_REDUCED_LOG_FMT: '0', NO_COLOR: '1' },
    },
    shows: /DEBUG[^]*regression\.py/,
  },
  {
    title: 'variables that cocotb reads at import',
    options: { testcase: 'passes', extraEnv: { COCOTB_SCHEDULER_DEBUG: '1', COCOTB_LOG_LEVEL: 'DEBUG' } },
    shows: /Running callback/,
  },
  { title: 'a name that no test has', options: { testcase: 'pases' }, shows: /No tests left after filtering/ },
  { title: 'a module that is missing', options: { testModule: 'test_nowhere' }, shows: /ModuleNotFoundError/ },
  {
    title: 'a module whose import raises',
    options: { testModule: 'test_broken' },
    shows: /destroyed: module whose import raises/,
  },
  { title: 'an unhandled signal', options: { testcase: 'kills_itself' } },
  { title: 'an early exit', options: { testcase: 'leaves_early' } },
  { title: 'a crash in C++', options: { testcase: 'crashes_in_hdl' } },
  { title: '$finish', options: { testcase: 'is_finished_by_hdl' }, shows: /the simulation ended prematurely/ },
  { title: '$fatal', options: { testcase: 'reaches_fatal' }, shows: /q reached 100/ },
  { title: 'an exit code after complete results', options: { testcase: 'exits_badly' } },
  { title: 'results cut short', options: { testcase: 'cuts_results' } },
  { title: '$dumpvars', options: { testcase: 'passes' }, variant: { defines: { DUMP: null } }, only: 'icarus' },
  { title: 'waves', options: { testcase: 'passes', waves: true }, variant: { waves: true }, only: 'icarus' },
  { title: 'coverage', options: { testcase: 'passes' }, variant: { coverage: true }, only: 'verilator' },
];

for (const simulator of ['verilator', 'icarus'] as const) {
  describe(`warm and cold starts on ${simulator}`, function () {
    this.timeout(300_000);
    let scratch: Awaited<ReturnType<typeof scratchFolder>>;
    const builds = new Map<string, Promise<Build>>();

    const build = async (variant: Partial<DesignOptions> = {}): Promise<Build> => {
      const key = JSON.stringify(variant);
      const known = builds.get(key) ?? buildProbe(simulator, variant);
      builds.set(key, known);
      return known;
    };

    before(async () => {
      scratch = await scratchFolder();
      // What a server does after many simulations must change nothing, either.
      const runs = Array.from({ length: many }, async (_, count) =>
        simulateProbe(await build(), path.join(scratch.path, `before ${count}`), {
          testcase: 'passes',
          launch: 'warm',
        }),
      );
      await Promise.all(runs);
    });

    after(async () => {
      endWarmServers();
      await scratch.cleanup();
    });

    for (const { title, options, variant, shows } of rows.filter(({ only = simulator }) => only === simulator)) {
      it(`give the same for ${title}`, async () => {
        const run = async (launch: 'cold' | 'warm', count: number) =>
          simulateProbe(await build(variant), path.join(scratch.path, `${launch} ${title} ${count}`), {
            ...options,
            launch,
          });
        const [cold, ...warm] = await Promise.all([run('cold', 1), run('warm', 1), run('warm', 2)]);
        expect(cold.launch).to.equal('cold');
        if (shows !== undefined) expect(readFileSync(cold.logFile, 'utf8')).to.match(shows);
        for (const result of warm) {
          expect(result.launch).to.equal('warm');
          expect(outcome(result)).to.deep.equal(outcome(cold));
          expect(files(result)).to.deep.equal(files(cold));
        }
      });
    }
  });
}
