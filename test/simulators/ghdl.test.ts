/** GHDL for real, through cocotb's runner. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DesignOptions } from '../../src/options/design.ts';
import { runCommand } from '../../src/process/run.ts';
import { simulatorNamed } from '../../src/simulators/registry.ts';
import { root } from '../support/project.ts';
import { Workshop } from './harness.ts';

describe('GHDL', () => {
  const folder = path.join(root, 'hdl/gray_vhdl');
  const design: DesignOptions = {
    toplevel: 'gray_counter',
    sources: ['gray_package.vhdl', 'gray_counter.vhdl'],
    parameters: { WIDTH: 5 },
    cwd: folder,
  };
  let workshop: Workshop;

  before(() => {
    workshop = new Workshop();
  });
  after(() => {
    workshop.remove();
  });

  it('builds and simulates VHDL, with a generic and waves', async function () {
    this.timeout(120_000);
    const built = await workshop.build(design);
    const options = { testModule: 'test_gray_counter', pythonPath: ['.'] };
    const result = await workshop.simulate(built, { ...options, waves: true });
    expect(result.output).to.include('TESTS=3 PASS=3');
    expect(result.exitCode).to.equal(0);
    expect(readFileSync(result.wavesFile ?? '').length).to.be.greaterThan(100);
    expect(readFileSync(path.join(result.cwd, 'results.xml'), 'utf8')).to.include('changes_one_bit_a_cycle');
  });

  it('finds packages in other libraries, compiled in the order of the sources', async function () {
    this.timeout(120_000);
    workshop.write('two/pack.vhdl', 'package pack is constant LIMIT : natural := 3; end package;\n');
    workshop.write(
      'two/top.vhdl',
      'library other; use other.pack.all;\nentity two is end entity;\narchitecture a of two is begin\n' +
        'process begin report "limit " & natural\'image(LIMIT); wait; end process; end architecture;\n',
    );
    workshop.write(
      'two/test_two.py',
      'import cocotb\nfrom cocotb.triggers import Timer\n@cocotb.test()\nasync def t(dut):\n    await Timer(1, "ns")\n',
    );
    const built = await workshop.build({
      toplevel: 'two',
      sources: [{ path: 'pack.vhdl', library: 'other' }, 'top.vhdl'],
      cwd: path.join(workshop.folder, 'two'),
    });
    const { output } = await workshop.simulate(built, { testModule: 'test_two', pythonPath: ['.'] });
    expect(output).to.include('limit 3').and.to.include('PASS=1');
  });

  it('ends with the exit code of the simulator', async function () {
    this.timeout(120_000);
    const built = await workshop.build(design);
    const result = await workshop.simulate(built, {
      testModule: 'test_gray_counter',
      pythonPath: ['.'],
      testArgs: ['--no-such-option'],
    });
    expect(result.exitCode).to.equal(1);
    expect(result.output)
      .to.match(/no-such-option/)
      .and.not.match(/Traceback/);
  });

  it('ends by the signal that ended the simulator', async function () {
    this.timeout(120_000);
    const built = await workshop.build(design);
    workshop.write(
      'test_killed.py',
      'import os, signal, cocotb\n@cocotb.test()\nasync def dies(dut):\n    os.kill(os.getpid(), signal.Signals[os.environ["ENDING"]])\n',
    );
    for (const ENDING of ['SIGKILL', 'SIGTERM']) {
      const options = { testModule: 'test_killed', pythonPath: [workshop.folder], extraEnv: { ENDING } };
      const { signal, tail } = await runCommand(workshop.plan(built, options).command, { timeout: 60_000 });
      expect(signal, tail).to.equal(ENDING);
    }
  });

  it('tells an error of the HDL first', async () => {
    const file = workshop.write('bad.vhdl', 'entity bad is\n  port (x : in nonsense);\nend entity;\n');
    const log = await workshop
      .build({ toplevel: 'bad', sources: [file] })
      .then(String, (error: unknown) => String(error));
    expect(simulatorNamed('ghdl').pickErrors(log.slice(log.indexOf('\n') + 1))).to.match(/bad\.vhdl:2:16:.*nonsense/);
  });
});
