/** The way to a design's build with the real tools: what it says of itself, its log, its errors. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { DesignOptions } from '../../src/options/design.ts';
import { OptionError } from '../../src/options/option-error.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { readVariables } from '../../src/options/variables.ts';
import { ensureBuild } from '../../src/build/build.ts';
import { BuildFailed } from '../../src/build/errors.ts';
import { rejection } from '../support/rejection.ts';

describe('ensureBuild', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'build-'));
    mkdirSync(path.join(folder, 'hdl'));
    writeFileSync(path.join(folder, 'hdl/counter.sv'), 'module counter (input clk); parameter WIDTH = 8; endmodule\n');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const design = (options: Partial<DesignOptions> = {}) =>
    resolveDesign(
      {
        toplevel: 'counter',
        sources: ['hdl/counter.sv'],
        simulator: 'icarus',
        cwd: folder,
        simBuild: 'sim_build',
        ...options,
      },
      {},
    );

  it('gives a build that says where it is and what made it, and finds it again', async () => {
    const first = await ensureBuild(design());
    expect(first.compiled).to.equal(true);
    expect(first.directory).to.equal(path.join(folder, 'sim_build/builds', first.id));
    expect(existsSync(path.join(first.directory, 'sim.vvp'))).to.equal(true);
    expect(readFileSync(first.logFile, 'utf8')).to.match(/^\$ \S*iverilog /);
    expect(Object.keys(first.tools)).to.have.members(['iverilog', 'vvp']);
    const second = await ensureBuild(design());
    expect(second.compiled).to.equal(false);
    expect(second.directory).to.equal(first.directory);
  });

  it('makes a build of its own for another library, which GHDL knows', async () => {
    writeFileSync(path.join(folder, 'hdl/half.vhdl'), 'entity half is end; architecture a of half is begin end;\n');
    const inLibrary = async (library: string) => {
      const sources = ['hdl/half.vhdl'];
      const { id, compiled } = await ensureBuild(design({ toplevel: 'half', sources, library, simulator: 'ghdl' }));
      return { id, compiled };
    };
    const first = await inLibrary('one');
    const second = await inLibrary('two');
    expect([first.compiled, second.compiled]).to.deep.equal([true, true]);
    expect(second.id).not.to.equal(first.id);
    expect(await inLibrary('one')).to.deep.equal({ id: first.id, compiled: false });
  });

  it('says where the memory images are that the sources name, also of a build that it finds', async () => {
    writeFileSync(path.join(folder, 'hdl/boot.hex'), '00\n');
    writeFileSync(
      path.join(folder, 'hdl/counter.sv'),
      'module counter; reg [7:0] m [0:0]; initial $readmemh("boot.hex", m); endmodule\n',
    );
    const images = [{ name: 'boot.hex', path: path.join(folder, 'hdl/boot.hex') }];
    const first = await ensureBuild(design());
    const second = await ensureBuild(design());
    expect([first.compiled, second.compiled]).to.deep.equal([true, false]);
    expect(first.memoryImages).to.deep.equal(images);
    expect(second.memoryImages).to.deep.equal(images);
  });

  it('copies the compile’s log to where the design wants it', async () => {
    await ensureBuild(design({ logFile: 'logs/compile.log' }));
    expect(readFileSync(path.join(folder, 'logs/compile.log'), 'utf8')).to.include('iverilog');
  });

  it('makes the tracing twin on demand', async () => {
    const plain = await ensureBuild(design({ waves: 'on-failure' }));
    const traced = await ensureBuild(design({ waves: 'on-failure' }), { trace: true });
    expect([plain.trace, traced.trace]).to.deep.equal([false, true]);
    expect(traced.id).not.to.equal(plain.id);
    expect((await ensureBuild(design({ waves: true }))).id).to.equal(traced.id);
  });

  it('shows the simulator’s own message first', async () => {
    writeFileSync(path.join(folder, 'hdl/counter.sv'), 'module counter (input clk); oops\nendmodule\n');
    const error = await rejection(ensureBuild(design()));
    expect(error).to.be.instanceOf(BuildFailed);
    expect((error as BuildFailed).message).to.match(/^hdl\/counter\.sv:2: syntax error/);
    expect((error as BuildFailed).ending).to.match(/^exit code \d+$/);
  });

  for (const [parameters, message] of [
    [
      { WIDHT: 16 },
      /^error: counter \(\S+\/hdl\/counter\.sv\) has no parameter WIDHT that can be set; see option parameters\n/,
    ],
    [{ FIXED: 16, WIDHT: 1 }, /^error: .* no parameter FIXED .*\nerror: .* no parameter WIDHT .*\n/],
    [{ WIDTH: 'wide' }, /^<command line>: error: invalid value specified for defparam: counter\.WIDTH\n/],
    [{ WIDTH: '"a"b"' }, /^<command line>: error: .* within string value for defparam: counter\.WIDTH/],
  ] as const) {
    it(`fails for parameters of ${JSON.stringify(parameters)}, which Icarus leaves at their defaults`, async () => {
      writeFileSync(
        path.join(folder, 'hdl/counter.sv'),
        'module counter (input clk); parameter WIDTH = 8; localparam FIXED = 1; endmodule\n',
      );
      writeFileSync(path.join(folder, 'hdl/other.sv'), 'module other; counter c(1); defparam c.OWN = 3; endmodule\n');
      const wrong = design({ sources: ['hdl/other.sv', 'hdl/counter.sv'], parameters });
      const error = await rejection(ensureBuild(wrong));
      expect(error).to.be.instanceOf(BuildFailed);
      expect((error as BuildFailed).message).to.match(message);
      expect(existsSync(path.join(folder, 'sim_build/builds'))).to.equal(false);
    });
  }

  it('refuses an option that the simulator would ignore', async () => {
    const error = await rejection(ensureBuild(design({ coverage: true })));
    expect(error).to.be.instanceOf(OptionError);
  });

  it('ends a compile that takes longer than it may', async () => {
    const slow = path.join(folder, 'bin/iverilog');
    mkdirSync(path.dirname(slow));
    writeFileSync(slow, '#!/bin/sh\n[ "$1" = -V ] && echo "Icarus Verilog version 12.0" && exit\nexec sleep 1000\n', {
      mode: 0o755,
    });
    const variables = readVariables();
    process.env['PATH'] = `${path.dirname(slow)}:${variables['PATH'] ?? ''}`;
    try {
      const error = await rejection(ensureBuild(design({ buildTimeout: 200 })));
      expect((error as BuildFailed).ending).to.equal('time limit of 200 ms, option buildTimeout');
    } finally {
      process.env['PATH'] = variables['PATH'];
    }
  });
});
