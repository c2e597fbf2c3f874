/** A simulation's options: defaults, variables, and mistakes. */
import { expect } from 'chai';
import { OptionError } from '../../src/options/option-error.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

describe('resolveSimulation', () => {
  let project: Scratch;

  before(() => {
    project = scratch({ 'top.sv': '' });
  });
  after(() => {
    project[Symbol.dispose]();
  });

  const resolve = (
    options: object,
    variables: Record<string, string> = {},
    design: object = {},
  ): ReturnType<typeof resolveSimulation> =>
    resolveSimulation(
      { testModule: 'test_top', ...options },
      resolveDesign({ toplevel: 'top', sources: ['top.sv'], cwd: project.folder, ...design }, {}),
      variables,
    );

  it('fills in the defaults, which are the design’s where it has them', () => {
    expect(resolve({}, {}, { waves: 'on-failure', verbose: true, library: 'lib' })).to.deep.equal({
      testModules: ['test_top'],
      testcases: [],
      areFullNames: false,
      testFilter: undefined,
      seed: undefined,
      plusargs: [],
      testArgs: [],
      elabArgs: [],
      extraEnv: {},
      pythonPath: [],
      waves: 'on-failure',
      gui: false,
      parameters: undefined,
      preCmd: undefined,
      toplevel: 'top',
      toplevelLibrary: 'lib',
      toplevelLang: undefined,
      gpiInterfaces: [],
      timescale: undefined,
      verbose: true,
      testDir: undefined,
      resultsXml: undefined,
      logFile: undefined,
      timeout: 600_000,
      launch: 'auto',
      preload: [],
      launcher: [],
    });
  });

  it('splits names at commas as the runner does', () => {
    const simulation = resolve({ testModule: 'a, b', testcase: ['x', 'y'] });
    expect(simulation).to.deep.include({ testModules: ['a', 'b'], testcases: ['x', 'y'] });
  });

  it('makes paths absolute from the design’s folder', () => {
    const simulation = resolve({ pythonPath: ['py'], testDir: 'run', resultsXml: 'r.xml', logFile: 'l.log' });
    expect(simulation).to.deep.include({
      pythonPath: [project.path('py')],
      testDir: project.path('run'),
      resultsXml: project.path('r.xml'),
      logFile: project.path('l.log'),
    });
  });

  it('understands WAVES, GUI, COCOTB_TEST_FILTER, SIM_CMD_PREFIX, SIM_CMD_SUFFIX and MOCHA_COCOTB_LAUNCH', () => {
    const variables = {
      WAVES: 'yes',
      GUI: 'on',
      COCOTB_TEST_FILTER: 'fast',
      SIM_CMD_PREFIX: ' srun  -n1 ',
      SIM_CMD_SUFFIX: '+last',
      MOCHA_COCOTB_LAUNCH: 'cold',
    };
    expect(resolve({ plusargs: ['+first'] }, variables)).to.deep.include({
      waves: true,
      gui: true,
      testFilter: 'fast',
      launcher: ['srun', '-n1'],
      plusargs: ['+first', '+last'],
      launch: 'cold',
    });
    expect(
      resolve(
        { waves: true, gui: true, testFilter: 'mine', launch: 'warm', launcher: [] },
        { ...variables, WAVES: '0', GUI: '0' },
      ),
    ).to.deep.include({ waves: false, gui: false, testFilter: 'mine', launch: 'warm', launcher: [] });
  });

  it('leaves the variable’s filter out when a testcase is named', () => {
    expect(resolve({ testcase: 'x' }, { COCOTB_TEST_FILTER: 'fast' }).testFilter).to.equal(undefined);
  });

  const mistakes: readonly {
    readonly what: string;
    readonly options: object;
    readonly variables?: Record<string, string>;
    readonly message: RegExp;
  }[] = [
    { what: 'an unknown option', options: { plusarg: [] }, message: /plusarg: .*did you mean plusargs\?/ },
    { what: 'no test module', options: { testModule: undefined }, message: /testModule: expected a value/ },
    {
      what: 'an empty list of test modules',
      options: { testModule: [] },
      message: /testModule: expected at least one/,
    },
    {
      what: 'testcase and testFilter together',
      options: { testcase: 'a', testFilter: 'b' },
      message: /testcase or testFilter, not both/,
    },
    { what: 'a negative seed', options: { seed: -1 }, message: /seed: expected an integer from 0 to 4294967295/ },
    { what: 'a seed of 33 bits', options: { seed: 2 ** 32 }, message: /seed: expected an integer/ },
    { what: 'a plusarg without +', options: { plusargs: ['depth=4'] }, message: /plusargs\[0\]: expected a plusarg/ },
    { what: 'an unknown launch', options: { launch: 'hot' }, message: /launch: expected one of auto, warm, cold/ },
    {
      what: 'an unknown launch in the variable',
      options: {},
      variables: { MOCHA_COCOTB_LAUNCH: 'hot' },
      message: /variable MOCHA_COCOTB_LAUNCH/,
    },
    {
      what: 'an unknown interface',
      options: { gpiInterfaces: ['vpii'] },
      message: /gpiInterfaces\[0\]: .*did you mean vpi\?/,
    },
    { what: 'an unknown language', options: { toplevelLang: 'vhd' }, message: /toplevelLang: .*did you mean vhdl\?/ },
    { what: 'a bad time limit', options: { timeout: 0 }, message: /timeout: expected milliseconds/ },
    {
      what: 'a seed in the variable that is no number',
      options: {},
      variables: { COCOTB_RANDOM_SEED: '0x7' },
      message: /variable COCOTB_RANDOM_SEED: expected an integer/,
    },
    { what: 'a GUI that is no truth value', options: {}, variables: { GUI: 'x' }, message: /variable GUI/ },
    {
      what: 'an environment that isn’t texts',
      options: { extraEnv: { A: true } },
      message: /extraEnv\.A: expected a string/,
    },
    {
      what: 'variables that options set in the environment',
      options: { extraEnv: { A: 'x', COCOTB_RANDOM_SEED: '99', COCOTB_TEST_FILTER: 'x' } },
      message:
        /2 wrong options[^]*extraEnv\.COCOTB_RANDOM_SEED: expected the option seed in its place, received "99"[^]*the option testFilter/,
    },
    ...['0', '-3', 'abc', '1.5'].map((jobs) => ({
      what: `${jobs} in MOCHA_COCOTB_JOBS`,
      options: {},
      variables: { MOCHA_COCOTB_JOBS: jobs },
      message: /variable MOCHA_COCOTB_JOBS: expected an integer >= 1/,
    })),
  ];
  for (const { what, options, variables, message } of mistakes) {
    it(`refuses ${what}`, () => {
      expect(() => resolve(options, variables)).to.throw(OptionError, message);
    });
  }
});
