/** A design's options: defaults, variables, and every kind of mistake. */
import { expect } from 'chai';
import path from 'node:path';
import type { DesignOptions } from '../../src/options/design.ts';
import { OptionError } from '../../src/options/option-error.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

describe('resolveDesign', () => {
  let project: Scratch;

  before(() => {
    project = scratch({ 'top.sv': '', 'top.vhdl': '', 'top.txt': '', 'rtl/inc.svh': '', 'list.f': 'top.sv\n' });
  });
  after(() => {
    project[Symbol.dispose]();
  });

  const resolve = (options: object, variables: Record<string, string> = {}): ReturnType<typeof resolveDesign> =>
    resolveDesign({ toplevel: 'top', sources: ['top.sv'], cwd: project.folder, ...options }, variables);

  it('fills in the defaults and makes paths absolute', () => {
    expect(resolve({ includes: ['rtl'] })).to.deep.equal({
      toplevel: 'top',
      sources: [{ path: project.path('top.sv'), language: 'verilog', library: 'top', isLibraryFile: false }],
      filelists: [],
      includes: [project.path('rtl')],
      libraryFolders: [],
      libraryExtensions: [],
      defines: {},
      parameters: {},
      buildArgs: [],
      library: 'top',
      simulator: 'verilator',
      timescale: undefined,
      waves: false,
      coverage: false,
      always: false,
      clean: false,
      verbose: false,
      logFile: undefined,
      simBuild: path.resolve('sim_build'),
      cwd: project.folder,
      env: {},
      dependencies: [],
      memoryLimit: undefined,
      lockTimeout: 3_600_000,
      buildTimeout: undefined,
      python: undefined,
      verilator: undefined,
    });
  });

  it('takes languages and libraries of sources, languages of arguments, and a timescale in both forms', () => {
    const design = resolve({
      sources: ['top.vhdl', { path: 'top.txt', language: 'verilog', library: 'work' }],
      buildArgs: ['-a', { verilog: '-b' }, { vhdl: '-c' }],
      timescale: '10 ns/1ps',
      library: 'lib',
    });
    expect(design.sources).to.deep.equal([
      { path: project.path('top.vhdl'), language: 'vhdl', library: 'lib', isLibraryFile: false },
      { path: project.path('top.txt'), language: 'verilog', library: 'work', isLibraryFile: false },
    ]);
    expect(design.buildArgs).to.deep.equal([
      { value: '-a', language: undefined },
      { value: '-b', language: 'verilog' },
      { value: '-c', language: 'vhdl' },
    ]);
    expect(design.timescale).to.deep.equal({ unit: '10ns', precision: '1ps' });
    expect(resolve({ timescale: ['1us', '1us'] }).timescale).to.deep.equal({ unit: '1us', precision: '1us' });
  });

  it('takes true and null for a define without a value, and leaves one out that is false', () => {
    const design = resolve({ defines: { A: true, B: null, C: false, D: 3, E: '"x"' } });
    expect(design.defines).to.deep.equal({ A: null, B: null, D: 3, E: '"x"' });
  });

  it('takes -1 and Infinity for no limit', () => {
    expect(resolve({ lockTimeout: -1, buildTimeout: -1 })).to.include({
      lockTimeout: Infinity,
      buildTimeout: undefined,
    });
    expect(resolve({ buildTimeout: Infinity }).buildTimeout).to.equal(undefined);
  });

  it('takes the simulator from the option, else from SIM, else GHDL for VHDL alone and Verilator for the rest', () => {
    expect(resolve({ simulator: 'icarus' }, { SIM: 'verilator' }).simulator).to.equal('icarus');
    expect(resolve({}, { SIM: 'Icarus' }).simulator).to.equal('icarus');
    expect(resolve({ sources: ['top.vhdl'] }).simulator).to.equal('ghdl');
    expect(resolve({ sources: ['top.vhdl', 'top.sv'] }).simulator).to.equal('verilator');
  });

  it('lets WAVES win over the option in the words that cocotb understands', () => {
    for (const word of ['1', 'yes', 'Y', 'on', 'TRUE', 'enable'])
      expect(resolve({}, { WAVES: word }).waves).to.equal(true);
    for (const word of ['0', 'no', 'N', 'off', 'False', 'disable']) {
      expect(resolve({ waves: true }, { WAVES: word }).waves).to.equal(false);
    }
    expect(resolve({ waves: true }, { WAVES: ' ' }).waves).to.equal(true);
    expect(resolve({}, { WAVES: 'on-failure' }).waves).to.equal('on-failure');
  });

  it('takes SIM_BUILD, which is relative to where the user is, unless the option says otherwise', () => {
    expect(resolve({}, { SIM_BUILD: 'here' }).simBuild).to.equal(path.resolve('here'));
    expect(resolve({ simBuild: 'there' }, { SIM_BUILD: 'here' }).simBuild).to.equal(project.path('there'));
  });

  it('reads filelists, whose sources come first and whose values the options override', () => {
    using lists = scratch({ 'a.sv': '', 'b.sv': '', 'all.f': '+define+A=1+B a.sv -GW=3\n' });
    const design = resolve({
      cwd: lists.folder,
      filelists: ['all.f'],
      sources: ['b.sv'],
      defines: { A: 2 },
      parameters: { W: 4 },
    });
    expect(design.sources.map(({ path: file }) => path.basename(file))).to.deep.equal(['a.sv', 'b.sv']);
    expect(design).to.deep.include({
      defines: { A: 2, B: null },
      parameters: { W: 4 },
      filelists: [lists.path('all.f')],
    });
  });

  const mistakes: readonly {
    readonly what: string;
    readonly options: object;
    readonly variables?: Record<string, string>;
    readonly message: RegExp;
  }[] = [
    {
      what: 'an unknown option',
      options: { souces: [] },
      message: /souces: expected a known option.*did you mean sources\?/,
    },
    {
      what: 'a missing source',
      options: { sources: ['no.sv'] },
      message: /sources\[0\]: expected an existing file, received ".*\/no\.sv"/,
    },
    { what: 'a folder as source', options: { sources: ['rtl'] }, message: /sources\[0\]: expected an existing file/ },
    { what: 'no source at all', options: { sources: [] }, message: /sources: expected at least one/ },
    {
      what: 'a source of no known language',
      options: { sources: ['top.txt'] },
      message: /sources\[0\]: expected an extension/,
    },
    {
      what: 'a source without path',
      options: { sources: [{ language: 'vhdl' }] },
      message: /sources\[0\]\.path: expected a value/,
    },
    {
      what: 'an unknown language',
      options: { sources: [{ path: 'top.sv', language: 'verilg' }] },
      message: /language.*did you mean verilog\?/,
    },
    {
      what: 'a missing filelist',
      options: { filelists: ['no.f'] },
      message: /filelists\[0\]: expected a filelist that can be read/,
    },
    {
      what: 'a missing include folder',
      options: { includes: ['no'] },
      message: /includes\[0\]: expected an existing folder/,
    },
    {
      what: 'a missing dependency',
      options: { dependencies: ['no'] },
      message: /dependencies\[0\]: expected an existing file/,
    },
    { what: 'no toplevel', options: { toplevel: undefined }, message: /toplevel: expected a value/ },
    { what: 'an empty toplevel', options: { toplevel: '' }, message: /toplevel: expected a name/ },
    { what: 'a toplevel that is an argument', options: { toplevel: '-x' }, message: /toplevel: expected a name/ },
    {
      what: 'a parameter with dots',
      options: { parameters: { 'u.W': 1 } },
      message: /parameters: expected names.*"u\.W"/,
    },
    {
      what: 'a parameter that is a list',
      options: { parameters: { W: [1] } },
      message: /parameters\.W: expected a string, a finite number/,
    },
    { what: 'a parameter that is NaN', options: { parameters: { W: NaN } }, message: /parameters\.W.*received NaN/ },
    { what: 'a bad macro name', options: { defines: { 'A-B': 1 } }, message: /defines: expected names of macros/ },
    { what: 'a define that is undefined', options: { defines: { A: undefined } }, message: /defines\.A/ },
    {
      what: 'an unknown simulator',
      options: { simulator: 'verilater' },
      message: /simulator: .*did you mean verilator\?/,
    },
    {
      what: 'an unknown simulator in SIM',
      options: {},
      variables: { SIM: 'icaruss' },
      message: /variable SIM: .*did you mean icarus\?/,
    },
    {
      what: 'a WAVES that is no truth value',
      options: {},
      variables: { WAVES: 'maybe' },
      message: /variable WAVES: expected one of 1, yes/,
    },
    {
      what: 'a precision coarser than the unit',
      options: { timescale: '1ps/1ns' },
      message: /timescale: expected a timescale/,
    },
    { what: 'a timescale of 2 ns', options: { timescale: '2ns/1ns' }, message: /timescale/ },
    { what: 'a timescale of three parts', options: { timescale: ['1ns', '1ps', '1fs'] }, message: /timescale/ },
    { what: 'waves of a wrong kind', options: { waves: 'onfailure' }, message: /waves: .*did you mean on-failure\?/ },
    { what: 'a flag that is a string', options: { coverage: 'yes' }, message: /coverage: expected true or false/ },
    { what: 'a negative time', options: { lockTimeout: -2 }, message: /lockTimeout: expected milliseconds/ },
    { what: 'a time of zero', options: { buildTimeout: 0 }, message: /buildTimeout: expected milliseconds/ },
    { what: 'a broken memory limit', options: { memoryLimit: 1.5 }, message: /memoryLimit: expected an integer >= 1/ },
    {
      what: 'an argument in an unknown language',
      options: { buildArgs: [{ ada: '-x' }] },
      message: /buildArgs\[0\]\.ada/,
    },
    {
      what: 'an environment variable that is a number',
      options: { env: { A: 1 } },
      message: /env\.A: expected a string/,
    },
    { what: 'sources that are no list', options: { sources: 'top.sv' }, message: /sources: expected a list/ },
  ];
  for (const { what, options, variables, message } of mistakes) {
    it(`refuses ${what}`, () => {
      expect(() => resolve(options, variables)).to.throw(OptionError, message);
    });
  }

  it('names all problems at once, with the design and the values received', () => {
    const attempt = (): unknown =>
      resolve({ sources: ['no.sv'], wave: 1, timescale: 7, parameters: { '1': 1 } }, { SIM: 'x', WAVES: 'maybe' });
    expect(attempt).to.throw(OptionError).with.property('code', 'OPTION');
    try {
      attempt();
    } catch (error) {
      const { problems, message } = error as OptionError;
      expect(problems.map(({ option }) => option)).to.have.members([
        'sources[0]',
        'wave',
        'timescale',
        'parameters',
        'variable SIM',
        'variable WAVES',
      ]);
      expect(message).to.match(/^6 wrong options of design top:\n {2}- /);
    }
  });

  it('refuses what is no object at all', () => {
    expect(() => resolveDesign(undefined as unknown as DesignOptions, {})).to.throw(OptionError, /expected an object/);
  });
});
