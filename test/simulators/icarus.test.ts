/** Icarus: exact command lines, real runs, and the same values as with cocotb's runner. */
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import { icarus } from '../../src/simulators/icarus.ts';
import { carryOut, compileContext, run, Workshop } from './harness.ts';
import {
  expectedStrings,
  expectedValues,
  shownStrings,
  shownValues,
  stringsOptions,
  valuesOptions,
  writeStrings,
  writeValues,
} from './values.ts';

describe('icarus', () => {
  let workshop: Workshop;

  before(() => {
    workshop = new Workshop();
    writeValues(workshop);
    workshop.write('lib/leaf.sv', 'module leaf; initial $display("leaf"); endmodule\n');
    workshop.write('old.v', 'module old; initial $display("old"); endmodule\n');
    workshop.write('user.sv', 'module user; leaf l(); old o(); initial begin $display("user"); $stop; end endmodule\n');
  });
  after(() => {
    workshop.remove();
  });

  it('compiles with the runner’s command line and Icarus’ dependency output', async () => {
    const prepared = await workshop.prepare({
      ...valuesOptions,
      simulator: 'icarus',
      waves: true,
      buildArgs: ['-Wall', { verilog: '-gno-io-range-error' }],
    });
    const { commands, files, products } = icarus.compilePlan(compileContext(prepared));
    const [command] = commands;
    // Relative to the design's folder: a build is then the same in every checkout.
    expect(command?.cwd).to.equal(workshop.folder);
    expect(command?.argv.slice(1)).to.deep.equal([
      ...['-o', '/staging/sim.vvp', '-s', 'values', '-g2012', '-Mall=/staging/files.d'],
      ...['-DBARE', '-DCOUNT=12', '-DNAME="a b"', '-Iinc dir'],
      ...['-Pvalues.NUMBER=42', '-Pvalues.TEXT="two words"', "-Pvalues.SIZED=8'ha5", "-Pvalues.FLAG=1'b1"],
      ...['-Wall', '-gno-io-range-error', '-s', 'cocotb_iverilog_dump', '-f', '/staging/cmds.f'],
      ...['values.sv', path.relative(workshop.folder, '/staging/cocotb_iverilog_dump.v')],
    ]);
    expect(files.find(({ path: name }) => name === 'cmds.f')?.content).to.equal('+timescale+1ns/1ps\n');
    expect(products).to.deep.equal(['sim.vvp']);
  });

  it('brings the values to the HDL that cocotb’s runner brings', async () => {
    const built = await workshop.build({ ...valuesOptions, simulator: 'icarus' });
    const { output } = await workshop.simulate(built, {
      testModule: 'test_values',
      pythonPath: ['py'],
      plusargs: ['+depth=9', '+fast'],
    });
    expect(shownValues(output)).to.deep.equal(expectedValues);

    const log = path.join(workshop.folder, 'runner.log');
    const script = workshop.write(
      'runner.py',
      `
from cocotb_tools.runner import get_runner
runner = get_runner("icarus")
runner.build(sources=["values.sv"], includes=["inc dir"], hdl_toplevel="values", timescale=("1ns", "1ps"),
    defines={"BARE": "", "COUNT": 12, "NAME": '"a b"'},
    parameters={"NUMBER": 42, "TEXT": '"two words"', "SIZED": "8'ha5", "FLAG": "1'b1"}, build_dir="runner_build")
runner.test(test_module="test_values", hdl_toplevel="values", plusargs=["+depth=9", "+fast"], log_file=${JSON.stringify(log)})
`,
    );
    await run({
      argv: [built.python.python, script],
      cwd: workshop.folder,
      env: { ...workshop.env, PYTHONPATH: path.join(workshop.folder, 'py') },
    });
    expect(shownValues(readFileSync(log, 'utf8'))).to.deep.equal(shownValues(output));
  });

  it('brings every string to the HDL', async () => {
    writeStrings(workshop);
    const built = await workshop.build({ ...stringsOptions, simulator: 'icarus' });
    const { output } = await workshop.simulate(built, { testModule: 'test_values', pythonPath: ['py'] });
    expect(shownStrings(output)).to.deep.equal({ bytes: expectedStrings, declared: 'q"uote' });
  });

  it('says which files it read', async () => {
    const prepared = await workshop.prepare({ ...valuesOptions, simulator: 'icarus' });
    const staging = workshop.newFolder('staging');
    const plan = icarus.compilePlan({
      ...prepared,
      staging,
      jobs: 1,
      runtime: undefined,
      env: workshop.env,
      trace: false,
    });
    await carryOut(plan, staging);
    expect(plan.dependencyFiles).to.deep.equal([{ path: 'files.d', format: 'lines' }]);
    const files = readFileSync(path.join(staging, 'files.d'), 'utf8').trim().split('\n');
    expect(files).to.have.members(['values.sv', 'inc dir/limits.svh']);
  });

  it('takes -v files, -y folders and +libext+ from a filelist, and ends at $stop', async () => {
    workshop.write('user.f', 'user.sv -v old.v -y lib +libext+.sv');
    const built = await workshop.build({
      toplevel: 'user',
      filelists: ['user.f'],
      simulator: 'icarus',
      timescale: '1ns/1ps',
    });
    const { output } = await workshop.simulate(built, { testModule: 'test_values', pythonPath: ['py'] });
    expect(output)
      .to.match(/^leaf$/m)
      .and.match(/^old$/m)
      .and.match(/^user$/m);
  });

  it('records waves as FST where they are asked for, and none elsewhere', async () => {
    const built = await workshop.build({ ...valuesOptions, simulator: 'icarus', waves: true });
    const options = { testModule: 'test_values', pythonPath: ['py'] };
    const recorded = await workshop.simulate(built, options);
    expect(recorded.command.argv.at(-1)).to.equal('-fst');
    expect(existsSync(recorded.wavesFile ?? '')).to.equal(true);
    const elsewhere = await workshop.simulate(built, { ...options, testDir: 'test dir' });
    expect(elsewhere.command.argv).to.include(`+dumpfile_path=${elsewhere.wavesFile}`);
    expect(existsSync(elsewhere.wavesFile ?? '')).to.equal(true);
    const silent = await workshop.simulate(built, { ...options, waves: false });
    expect(silent.command.argv.at(-1)).to.equal('-none');
    expect(silent.wavesFile).to.equal(undefined);
    expect(existsSync(path.join(silent.cwd, 'waves.fst'))).to.equal(false);
  });

  it('puts its own messages first', async () => {
    workshop.write('wrong.sv', 'module wrong;\n  wire x = ;\nendmodule\n');
    const { design, simulator } = await workshop.prepare({
      toplevel: 'wrong',
      sources: ['wrong.sv'],
      simulator: 'icarus',
    });
    expect(design.simulator).to.equal('icarus');
    const log = await workshop
      .build({ toplevel: 'wrong', sources: ['wrong.sv'], simulator: 'icarus' })
      .then(String, (error: unknown) => String(error));
    const output = log.slice(log.indexOf('\n') + 1);
    expect(simulator.pickErrors(`some noise\n${output}`)).to.match(/^wrong\.sv:2: syntax error/);
  });

  it('refuses what it would ignore', () => {
    workshop.write('x.vhdl', '');
    const design = resolveDesign(
      {
        toplevel: 'values',
        sources: ['values.sv', 'x.vhdl', { path: 'values.sv', library: 'other' }],
        buildArgs: [{ vhdl: '-x' }],
        coverage: true,
        cwd: workshop.folder,
        simulator: 'icarus',
      },
      {},
    );
    const options = icarus.checkDesign(design).map(({ option }) => option);
    expect(options).to.have.members(['sources', 'buildArgs', 'coverage', 'library']);
    const simulation = resolveSimulation(
      {
        testModule: 'x',
        parameters: { A: 1 },
        elabArgs: ['-x'],
        preCmd: ['x'],
        timescale: '1ns/1ns',
        gpiInterfaces: ['vhpi'],
        toplevelLang: 'vhdl',
        toplevelLibrary: 'lib',
      },
      design,
      {},
    );
    expect(icarus.checkSimulation(design, simulation).map(({ option }) => option)).to.have.members([
      'parameters',
      'elabArgs',
      'preCmd',
      'timescale',
      'gpiInterfaces',
      'toplevelLang',
      'toplevelLibrary',
    ]);
  });

  it('reads the versions of iverilog and vvp', async () => {
    const { tools } = await workshop.prepare({ ...valuesOptions, simulator: 'icarus' });
    expect(tools['iverilog']?.version).to.match(/^\d+\.\d+/);
    expect(tools['vvp']?.version).to.equal(tools['iverilog']?.version);
  });
});
