/** Simulators behind cocotb's runner, by what the runner would call. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { DesignOptions } from '../../src/options/design.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { bridgedFacts, type BridgedName } from '../../src/simulators/bridged.ts';
import { simulatorNamed } from '../../src/simulators/registry.ts';
import { run, Workshop } from './harness.ts';
import { recordingTool } from './recording-tool.ts';

/** What is asked of a simulator, and the same in Python for the runner. */
interface Case {
  readonly name: BridgedName;
  /** Executables that the runner calls, with what they say of their version. */
  readonly tools: Readonly<Record<string, string>>;
  readonly design: Partial<DesignOptions>;
  readonly simulation: Partial<SimulationOptions>;
  readonly build: string;
  readonly test: string;
}

const verilogBuild =
  'sources=["a.sv", "b.sv"], includes=["inc"], defines={"D": 4, "E": ""}, parameters={"W": 5}, build_args=["-x"]';
const verilogDesign: Partial<DesignOptions> = {
  sources: ['a.sv', 'b.sv'],
  includes: ['inc'],
  defines: { D: 4, E: true },
  parameters: { W: 5 },
  buildArgs: ['-x'],
};
const mixedBuild = `sources=["c.vhdl", "b.sv"], includes=["inc"], defines={"D": 4}, parameters={"W": 5},
    build_args=["-x", VHDL("-y"), Verilog("-z")], hdl_library="work"`;
const mixedDesign: Partial<DesignOptions> = {
  sources: ['c.vhdl', 'b.sv'],
  includes: ['inc'],
  defines: { D: 4 },
  parameters: { W: 5 },
  buildArgs: ['-x', { vhdl: '-y' }, { verilog: '-z' }],
  library: 'work',
};
const vhdlBuild = 'sources=["c.vhdl"], parameters={"W": 5}, build_args=["-x"], hdl_library="lib"';
const vhdlDesign: Partial<DesignOptions> = {
  sources: ['c.vhdl'],
  parameters: { W: 5 },
  buildArgs: ['-x'],
  library: 'lib',
};
const plainTest = 'hdl_toplevel_library="top", hdl_toplevel_lang="verilog", plusargs=["+p=1"], test_args=["-t"]';
const plainSimulation: Partial<SimulationOptions> = { plusargs: ['+p=1'], testArgs: ['-t'] };

const cases: readonly Case[] = [
  {
    name: 'ghdl',
    tools: { ghdl: 'GHDL 4.1.0 (v4.1.0) mcode code generator' },
    design: vhdlDesign,
    simulation: { timescale: '1ns/1ps', waves: true, parameters: { X: 6 }, ...plainSimulation },
    build: vhdlBuild,
    test: `hdl_toplevel_library="lib", hdl_toplevel_lang="vhdl", timescale=("1ns", "1ps"), waves=True,
    parameters={"W": 5, "X": 6}, plusargs=["+p=1"], test_args=["-t"]`,
  },
  {
    name: 'nvc',
    tools: { nvc: 'nvc 1.17.0 (Using LLVM 14.0.0)' },
    design: vhdlDesign,
    simulation: { elabArgs: ['-e1'], gui: true, ...plainSimulation },
    build: vhdlBuild,
    test: `hdl_toplevel_library="lib", hdl_toplevel_lang="vhdl", elab_args=["-e1"], gui=True,
    plusargs=["+p=1"], test_args=["-t"]`,
  },
  {
    name: 'questa',
    tools: { vsim: 'Model Technology QuestaSim vsim 2023.4 Simulator', vlib: '', vlog: '', vcom: '' },
    design: mixedDesign,
    simulation: { preCmd: ['echo hi'], waves: true, verbose: true, gpiInterfaces: ['vpi'], ...plainSimulation },
    build: mixedBuild,
    test: `${plainTest.replace('"top"', '"work"')}, pre_cmd=["echo hi"], waves=True, verbose=True, gpi_interfaces=["vpi"]`,
  },
  {
    name: 'questa-qisqrun',
    tools: { qrun: 'QuestaSim qrun 2023.4' },
    design: { ...mixedDesign, timescale: '1ns/1ps' },
    simulation: { gui: true, gpiInterfaces: ['vpi'], ...plainSimulation },
    build: `${mixedBuild}, timescale=("1ns", "1ps")`,
    test: `${plainTest.replace('"top"', '"work"')}, gui=True, gpi_interfaces=["vpi"]`,
  },
  {
    name: 'xcelium',
    tools: { xrun: 'TOOL:	xrun(64)	23.09-s004' },
    design: { ...mixedDesign, timescale: '1ns/1ps' },
    simulation: { waves: true, ...plainSimulation },
    build: `${mixedBuild}, timescale=("1ns", "1ps")`,
    test: `${plainTest.replace('"top"', '"work"')}, waves=True`,
  },
  {
    name: 'vcs',
    tools: { vcs: 'vcs script version : V-2023.12', simv: '' },
    design: verilogDesign,
    simulation: plainSimulation,
    build: verilogBuild,
    test: plainTest,
  },
  {
    name: 'riviera',
    tools: { vsimsa: 'Aldec, Inc. Riviera-PRO version 2023.04', riviera: '' },
    design: mixedDesign,
    simulation: { preCmd: ['echo hi'], waves: true, ...plainSimulation },
    build: mixedBuild,
    test: `${plainTest.replace('"top"', '"work"')}, pre_cmd=["echo hi"], waves=True`,
  },
  {
    name: 'activehdl',
    tools: { vsimsa: 'Aldec, Inc. Active-HDL version 14.1' },
    design: mixedDesign,
    simulation: { parameters: { W: 7 }, ...plainSimulation },
    build: mixedBuild,
    test: `${plainTest.replace('"top"', '"work"')}, parameters={"W": 7}`,
  },
  {
    name: 'dsim',
    tools: { dsim: 'DSim version : 2025.1' },
    design: verilogDesign,
    simulation: { waves: true, timescale: '1ns/1ps', ...plainSimulation },
    build: verilogBuild,
    test: `${plainTest}, waves=True, timescale=("1ns", "1ps")`,
  },
];

describe('simulators behind cocotb’s runner', () => {
  it('have a case each here', () => {
    expect(cases.map(({ name }) => name)).to.have.members(bridgedFacts.map(({ name }) => name));
  });

  for (const { name, tools, design, simulation, build, test } of cases) {
    it(`gives ${name} the commands that the runner gives it`, async function () {
      this.timeout(120_000);
      const workshop = new Workshop();
      const bin = workshop.newFolder('bin');
      const scratch = workshop.newFolder('scratch');
      const ours = new Workshop({
        PATH: `${bin}:${workshop.env['PATH'] ?? ''}`,
        RECORD: path.join(bin, 'ours'),
        TMPDIR: scratch,
      });
      try {
        for (const [tool, version] of Object.entries(tools)) recordingTool(bin, tool, version);
        for (const file of ['a.sv', 'b.sv', 'c.vhdl', 'inc/h.svh']) workshop.write(file, '');
        const built = await ours.build({ toplevel: 'top', simulator: name, cwd: workshop.folder, ...design });
        const options = { testModule: ['test_a', 'test_b'], ...simulation };
        const plan = ours.plan(built, options);
        // VCS's simulator is what VCS makes.
        recordingTool(path.join(built.build, 'products'), 'simv');
        await run(plan.command);
        expect(readdirSync(scratch)).to.deep.equal([]);

        const theirs = workshop.newFolder('theirs');
        const script = workshop.write(
          'runner.py',
          `
from cocotb_tools.runner import VHDL, Verilog, get_runner
import os, shutil
runner = get_runner("${name}")
runner.build(hdl_toplevel="top", build_dir="${theirs}", always=True, ${build})
if os.path.exists("${bin}/simv"): shutil.copy("${bin}/simv", "${theirs}")
runner.test(test_module=["test_a", "test_b"], hdl_toplevel="top", build_dir="${theirs}", test_dir="${theirs}", ${test})
`,
        );
        await run({
          argv: [built.python.python, script],
          cwd: workshop.folder,
          env: { ...ours.env, RECORD: path.join(bin, 'theirs') },
        });
        const read = (file: string, folders: readonly string[]): readonly string[] =>
          readFileSync(path.join(bin, file), 'utf8')
            .replaceAll(/\/\S*\/tmp\w{8}\b/g, '$script')
            .split('\n')
            .map((line) => folders.reduce((text, folder) => text.replaceAll(folder, '$build'), line));
        const mine = read('ours', [path.join(built.staging, 'products'), plan.cwd]);
        expect(mine.length).to.be.greaterThan(10);
        expect(mine).to.deep.equal(read('theirs', [theirs]));
      } finally {
        ours.remove();
        workshop.remove();
      }
    });
  }

  it('refuse what the runner would ignore or raise for', () => {
    const workshop = new Workshop();
    try {
      for (const file of ['a.sv', 'c.vhdl', 'inc/h.svh']) workshop.write(file, '');
      const refused = (
        name: BridgedName,
        design: Partial<DesignOptions>,
        simulation: object = {},
      ): readonly string[] => {
        const resolved = resolveDesign({ toplevel: 'top', cwd: workshop.folder, simulator: name, ...design }, {});
        const simulator = simulatorNamed(name);
        const checked = resolveSimulation({ testModule: 'x', ...simulation }, resolved, {});
        return [...simulator.checkDesign(resolved), ...simulator.checkSimulation(resolved, checked)].map(
          ({ option }) => option,
        );
      };
      const vhdl = { sources: ['c.vhdl'] };
      const verilog = { sources: ['a.sv'] };
      expect(refused('ghdl', { ...vhdl, defines: { A: 1 }, includes: ['inc'] })).to.deep.equal(['defines', 'includes']);
      expect(refused('ghdl', { sources: ['a.sv'] })).to.deep.equal(['sources']);
      expect(refused('nvc', { ...vhdl, timescale: '1ns/1ns' })).to.deep.equal(['timescale']);
      expect(refused('ghdl', vhdl, { elabArgs: ['-x'], preCmd: ['x'] })).to.deep.equal(['elabArgs', 'preCmd']);
      expect(refused('questa', { ...verilog, coverage: true })).to.deep.equal(['coverage']);
      expect(refused('xcelium', verilog, { parameters: { A: 1 }, timescale: '1ns/1ns' })).to.deep.equal([
        'parameters',
        'timescale',
      ]);
      expect(
        refused('vcs', { ...verilog, library: 'work', waves: true }, { gui: true, toplevelLibrary: 'work' }),
      ).to.deep.equal(['library', 'waves', 'gui']);
      expect(refused('xcelium', { sources: ['a.sv', { path: 'c.vhdl', library: 'other' }] })).to.deep.equal([
        'sources',
      ]);
      expect(refused('activehdl', verilog, { gui: true, preCmd: ['x'] })).to.have.members(['gui', 'preCmd']);
      expect(
        refused('ghdl', { ...vhdl, library: 'a' }, { parameters: { A: 1 }, waves: true, gui: true }),
      ).to.deep.equal([]);
    } finally {
      workshop.remove();
    }
  });
});
