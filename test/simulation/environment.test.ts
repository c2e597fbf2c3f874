/** cocotb's variables, as a simulation gets them. */
import { expect } from 'chai';
import type { ResolvedDesign } from '../../src/options/design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import { simulationEnvironment, testFilter } from '../../src/simulation/environment.ts';

const design = {
  toplevel: 'top',
  library: 'top',
  cwd: '/project',
  waves: false,
  sources: [{ path: '/project/top.sv', language: 'verilog', library: 'top', isLibraryFile: false }],
} as unknown as ResolvedDesign;

const python = {
  python: '/venv/bin/python',
  libpython: '/usr/lib/libpython3.so',
  libsDir: '/venv/cocotb/libs',
  pygpiEntryPoint: '/venv/simulator.so,initialize',
  sysPath: ['/usr/lib/python3', '/venv/site-packages'],
} as unknown as PythonEnvironment;

const simulationOf = (options: Partial<SimulationOptions>) =>
  resolveSimulation({ testModule: 'test_top', ...options }, design, {});

const environmentOf = (options: Partial<SimulationOptions>, variables: Record<string, string> = {}) =>
  simulationEnvironment(
    {
      design,
      simulation: simulationOf(options),
      python,
      simulatorEnv: { COCOTB_TRUST_INERTIAL_WRITES: '1' },
      seed: 7,
      resultsFile: '/run/results.xml',
      attachments: ['/run/sim.log'],
    },
    { PATH: '/usr/bin', ...variables },
  );

describe('simulationEnvironment', () => {
  it("sets what cocotb's runner sets", () => {
    expect(environmentOf({ testModule: ['test_top', 'test_more'], pythonPath: ['tb'] })).to.deep.equal({
      PATH: '/usr/bin:/venv/cocotb/libs',
      PYTHONPATH: '/project/tb:/usr/lib/python3:/venv/site-packages',
      PYGPI_PYTHON_BIN: '/venv/bin/python',
      GPI_USERS: '/usr/lib/libpython3.so;/venv/simulator.so,initialize',
      COCOTB_TOPLEVEL: 'top',
      COCOTB_TEST_MODULES: 'test_top,test_more',
      TOPLEVEL_LANG: 'verilog',
      COCOTB_RANDOM_SEED: '7',
      COCOTB_RESULTS_FILE: '/run/results.xml',
      COCOTB_RESULTS_ATTACHMENTS: '/run/sim.log',
      COCOTB_TRUST_INERTIAL_WRITES: '1',
    });
  });

  it("lets the user's variables win, extraEnv over the process's, both over the simulator's", () => {
    const env = environmentOf(
      { extraEnv: { LEVEL: 'extra' } },
      { LEVEL: 'process', COCOTB_TRUST_INERTIAL_WRITES: '0', GPI_USERS: '/own.so', PYTHONPATH: '/mine' },
    );
    expect(env).to.include({ LEVEL: 'extra', COCOTB_TRUST_INERTIAL_WRITES: '0', GPI_USERS: '/own.so' });
    expect(env['PYTHONPATH']).to.equal('/mine:/usr/lib/python3:/venv/site-packages');
  });

  it('drops what would select other tests, or none', () => {
    const env = environmentOf(
      { testcase: 'a' },
      { COCOTB_TESTCASE: 'b', COCOTB_TEST_FILTER: 'c', COCOTB_LIST_TESTS: '1' },
    );
    expect(env).not.to.have.any.keys('COCOTB_TESTCASE', 'COCOTB_LIST_TESTS');
    expect(env['COCOTB_TEST_FILTER']).to.equal('^(?:[\\w.]+\\.)?(?:a)$');
  });
});

describe('testFilter', () => {
  const filterOf = (options: Partial<SimulationOptions>) => testFilter(simulationOf(options));

  it('selects exactly the tests that are named', () => {
    const filter = new RegExp(filterOf({ testcase: ['adds/width=8', 'test_top.wraps', 'a.b[1]+'] }) ?? '');
    for (const name of ['test_top.adds/width=8', 'test_top.wraps', 'test_top.a.b[1]+'])
      expect(filter.test(name)).to.equal(true);
    for (const name of [
      'test_top.adds/width=80',
      'xtest_top.wraps',
      'test_top.wraps2',
      'test_top.aXb[1]+',
      'other.wraps',
      'other.test_top.wraps',
    ]) {
      expect(filter.test(name)).to.equal(false);
    }
  });

  it('looks in every module for a name without one, also where tests may be imported from', () => {
    const filter = new RegExp(filterOf({ testModule: ['m1', 'm2'], testcase: ['x', 'm2.y', 'other.z'] }) ?? '');
    const names = ['m1.x', 'm2.x', 'lib.shared.x', 'm1.y', 'm2.y', 'other.z', 'm1.x2', 'm1.y/x', 'm1.z', 'another.z'];
    expect(names.filter((name) => filter.test(name))).to.deep.equal([
      'm1.x',
      'm2.x',
      'lib.shared.x',
      'm2.y',
      'other.z',
    ]);
  });

  it('takes what is known to be a full name for nothing else, whatever its module', () => {
    const testcases = ['test_top.x', 'lib.shared.x', 'lib.shared.y/v=1.5', 'lib.shared.y/v=a.b', 'lib.own.z'];
    const simulation = { ...simulationOf({}), testcases, areFullNames: true };
    const filter = new RegExp(testFilter(simulation) ?? '');
    for (const name of testcases) expect(filter.test(name), name).to.equal(true);
    for (const name of ['shared.x', 'more.lib.shared.x', 'x', 'libXshared.x', 'lib.shared.z', 'lib.shared.y/v=1x5'])
      expect(filter.test(name), name).to.equal(false);
  });

  it('names a module once for all its tests, so that a large one fits into a variable', () => {
    const testcases = Array.from({ length: 3000 }, (_, index) => `lib.shared.long_module_name.test_${index}`);
    expect(testFilter({ ...simulationOf({}), testcases, areFullNames: true })).to.have.length.below(40_000);
  });

  it("is the user's own, or none", () => {
    expect(filterOf({ testFilter: 'wr.*' })).to.equal('wr.*');
    expect(filterOf({})).to.equal(undefined);
  });
});
