/** Verilator: exact command lines, the runtime compiled once, real runs, and the same values as with cocotb's runner. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import { parseVerilatorVersion } from '../../src/simulators/verilator-tools.ts';
import { verilator } from '../../src/simulators/verilator.ts';
import type { CompileContext } from '../../src/simulators/simulator.ts';
import { carryOut, run, Workshop, type BuiltDesign, type Prepared } from './harness.ts';
import { recordingTool } from './recording-tool.ts';
import { expectedValues, shownValues, valuesHeader, valuesOptions, valuesSource, valuesTest } from './values.ts';

describe('verilator', () => {
  let workshop: Workshop;

  const contextOf = (prepared: Prepared): CompileContext => ({
    ...prepared,
    staging: '/staging',
    jobs: 3,
    runtime: undefined,
    env: {},
    trace: prepared.design.waves === true,
  });

  before(() => {
    workshop = new Workshop();
    workshop.write('values.sv', valuesSource);
    workshop.write('inc dir/limits.svh', valuesHeader);
    workshop.write('py/test_values.py', valuesTest);
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
    const { commands } = verilator.compilePlan({ ...contextOf(prepared), env: { MAKEFLAGS: '-j8', MAKELEVEL: '1' } });
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
    const ours = verilator.compilePlan(contextOf({ ...prepared, design })).commands[0]?.argv ?? [];
    const isValue = (arg: string): boolean => /^(-[DGI]|-Wno|--vpi|--public|--timescale|1ns|-cc|--exe)/.test(arg);
    // The runner writes a define without a value with an equals sign, which means the same.
    const theirValues = theirs.filter(isValue).map((arg) => arg.replace(/=$/, '').replace(`${workshop.folder}/`, ''));
    expect(ours.filter(isValue)).to.deep.equal(theirValues);
  });

  describe('for real', () => {
    // With everything that adds to the runtime, so that it is compiled but once here.
    const options = { ...valuesOptions, waves: true, coverage: true } as const;
    let runtime: string;
    let values: BuiltDesign;

    before(async function () {
      this.timeout(300_000);
      runtime = workshop.newFolder('runtime');
      const prepared = await workshop.prepare(options);
      const plan = verilator.runtimePlan({ ...contextOf(prepared), staging: runtime, env: workshop.env })?.plan;
      if (plan === undefined) throw new Error('no runtime');
      await carryOut(plan, runtime);
      for (const product of plan.products) expect(existsSync(path.join(runtime, product)), product).to.equal(true);
      values = await workshop.build(options, runtime);
    });

    it('links the runtime that was compiled before, and reads its header precompiled', () => {
      expect(values.log).to.include(path.join(runtime, 'verilated_vpi.o'));
      expect(values.log).not.to.match(/-c -o verilated\w*\.o/);
      expect(values.log).to.include(`-include ${runtime}/runtime.h`);
      expect(values.log).not.to.match(/warning/i);
    });

    it('leaves nothing but the executable, which names no folder of the build or of Python', () => {
      expect(readdirSync(values.build)).to.deep.equal(['Vtop']);
      const content = readFileSync(path.join(values.build, 'Vtop'), 'latin1');
      expect(content).not.to.include(workshop.folder);
      expect(content).not.to.include(values.python.libsDir);
      expect(content).not.to.include('staging');
    });

    it('brings the values to the HDL', async () => {
      const { output, exitCode, command, coverageFile } = await workshop.simulate(values, {
        testModule: 'test_values',
        pythonPath: ['py'],
        plusargs: ['+depth=9', '+fast'],
        waves: false,
      });
      expect(output).to.include('PASS=1');
      expect(shownValues(output)).to.deep.equal(expectedValues);
      expect(exitCode).to.equal(0);
      expect(command.argv.slice(1)).to.deep.equal([
        ...['+depth=9', '+fast', '+verilator+seed+7', `+verilator+coverage+file+${coverageFile}`],
      ]);
    });

    it('exports what a warm start calls', async () => {
      const symbols = await run({
        argv: ['nm', '-D', '--defined-only', path.join(values.build, 'Vtop')],
        cwd: workshop.folder,
        env: workshop.env,
      });
      expect(symbols).to.include('mocha_cocotb_end_threads').and.to.include('mocha_cocotb_command_args');
    });

    it('compiles its own runtime when an argument changes the flags', async () => {
      const prepared = await workshop.prepare({ ...options, buildArgs: ['-CFLAGS', '-DEXTRA=1'] });
      const staging = workshop.newFolder('staging');
      const plan = verilator.compilePlan({ ...contextOf(prepared), staging, runtime, env: workshop.env });
      const dryRun = plan.commands.map((command) =>
        command.argv.includes('build.mk') ? { ...command, argv: [...command.argv, '-n'] as const } : command,
      );
      const log = await carryOut({ ...plan, commands: dryRun }, staging);
      expect(log).to.match(/-DEXTRA=1.*-c -o verilated\.o/);
      expect(log).not.to.include(path.join(runtime, 'verilated_vpi.o'));
    });

    it('compiles C++ of the user’s, delays, many files, and says which files it read', async function () {
      this.timeout(300_000);
      workshop.write(
        'timed.sv',
        `import "DPI-C" function int twice(input int value);
         module timed(input logic clk); initial begin #5 $display("timed %0d", twice(21)); end endmodule\n`,
      );
      workshop.write('py/test_late.py', valuesTest.replace('Timer(1,', 'Timer(9,'));
      workshop.write('c/twice.h', '#define TWO 2\n');
      workshop.write('c/main.cpp', '#include "twice.h"\nextern "C" int twice(int value) { return TWO * value; }\n');
      const prepared = await workshop.prepare({
        toplevel: 'timed',
        sources: ['timed.sv', 'c/main.cpp'],
        timescale: '1ns/1ps',
        // Splitting makes Verilator compile file by file, with a precompiled header of its own.
        buildArgs: ['--timing', '--output-split', '100'],
        waves: true,
        coverage: true,
      });
      const staging = workshop.newFolder('stage with blanks');
      const plan = verilator.compilePlan({ ...contextOf(prepared), staging, runtime, env: workshop.env });
      await carryOut(plan, staging);
      const { output } = await workshop.simulate(
        { ...prepared, build: staging },
        {
          testModule: 'test_late',
          pythonPath: ['py'],
        },
      );
      expect(output).to.match(/timed 42/);
      const rules = plan.dependencyFiles.map(({ path: name }) => readFileSync(path.join(staging, name), 'utf8')).join();
      expect(rules).to.include('timed.sv').and.to.include('twice.h');
    });

    it('records waves and coverage', async () => {
      const recorded = await workshop.simulate(values, { testModule: 'test_values', pythonPath: ['py'] });
      expect(recorded.command.argv.slice(1, 4)).to.deep.equal(['--trace', '--trace-file', recorded.wavesFile]);
      expect(readFileSync(recorded.wavesFile ?? '').length).to.be.greaterThan(100);
      expect(readFileSync(recorded.coverageFile ?? '', 'utf8')).to.match(/^# SystemC::Coverage-3/);
    });
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

  it('refuses what it would ignore', () => {
    workshop.write('x.vhdl', '');
    workshop.write('my code/x.cpp', '');
    const design = resolveDesign(
      {
        toplevel: 'values',
        sources: ['values.sv', 'x.vhdl', 'my code/x.cpp'],
        buildArgs: [{ vhdl: '-x' }],
        cwd: workshop.folder,
      },
      {},
    );
    const refused = verilator.checkDesign(design).map(({ option }) => option);
    expect(refused).to.have.members(['sources', 'sources', 'buildArgs']);
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
