/** Definitions are refused as a whole when the simulator would ignore a part of them. */
import { expect } from 'chai';
import { OptionError } from '../../src/options/option-error.ts';
import { defineSupportedDesign, defineSupportedSimulation } from '../../src/simulators/supported.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

describe('defineSupportedDesign and defineSupportedSimulation', () => {
  let project: Scratch;

  before(() => {
    project = scratch({ 'top.sv': '', 'top.vhdl': '' });
  });
  after(() => {
    project[Symbol.dispose]();
  });

  it('refuse what the simulator would ignore, all of it at once', () => {
    const options = { toplevel: 'top', cwd: project.folder };
    expect(() =>
      defineSupportedDesign({ ...options, sources: ['top.sv', 'top.vhdl'], simulator: 'icarus', coverage: true }, {}),
    ).to.throw(
      OptionError,
      /^2 wrong options of design top:\n.*no vhdl source, for Icarus Verilog takes none.*\n.*coverage/,
    );
    const design = defineSupportedDesign({ ...options, sources: ['top.sv'] }, {});
    expect(() =>
      defineSupportedSimulation({ testModule: 'test', parameters: { W: 1 }, preCmd: ['x'] }, design, {}),
    ).to.throw(
      OptionError,
      /^2 wrong options of a simulation of top:\n.*parameters: expected none: Verilator compiles them in/,
    );
    expect(defineSupportedSimulation({ testModule: 'test' }, design, {}).testModules).to.deep.equal(['test']);
  });
});
