/** Verilator for real: the runtime compiled once, builds on it, and their runs. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { verilator } from '../../src/simulators/verilator.ts';
import { carryOut, compileContext, run, Workshop, type BuiltDesign } from './harness.ts';
import {
  expectedStrings,
  expectedValues,
  shownStrings,
  shownValues,
  stringsOptions,
  valuesOptions,
  valuesTest,
  writeStrings,
  writeValues,
} from './values.ts';

describe('builds of verilator', () => {
  // With everything that adds to the runtime, so that it is compiled but once here.
  const options = { ...valuesOptions, waves: true, coverage: true } as const;
  let workshop: Workshop;
  let runtime: string;
  let values: BuiltDesign;

  before(async function () {
    this.timeout(300_000);
    workshop = new Workshop();
    writeValues(workshop);
    runtime = workshop.newFolder('runtime');
    const prepared = await workshop.prepare(options);
    const plan = verilator.runtimePlan(compileContext(prepared, { staging: runtime, env: workshop.env }))?.plan;
    if (plan === undefined) throw new Error('no runtime');
    await carryOut(plan, runtime);
    for (const product of plan.products) expect(existsSync(path.join(runtime, product)), product).to.equal(true);
    values = await workshop.build(options, runtime);
  });
  after(() => {
    workshop.remove();
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

  it("leaves the HDL's seed to a plusarg that sets it", async () => {
    const { command } = await workshop.simulate(values, {
      testModule: 'test_values',
      pythonPath: ['py'],
      plusargs: ['+verilator+seed+42'],
      waves: false,
    });
    expect(command.argv.filter((arg) => arg.includes('seed'))).to.deep.equal(['+verilator+seed+42']);
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

  it('brings every string to the HDL', async () => {
    writeStrings(workshop);
    const built = await workshop.build({ ...stringsOptions, waves: true, coverage: true }, runtime);
    const { output } = await workshop.simulate(built, { testModule: 'test_values', pythonPath: ['py'], waves: false });
    expect(shownStrings(output)).to.deep.equal({ bytes: expectedStrings, declared: 'q"uote' });
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
    const plan = verilator.compilePlan(compileContext(prepared, { staging, runtime, env: workshop.env }));
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
    const plan = verilator.compilePlan(compileContext(prepared, { staging, runtime, env: workshop.env }));
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
