/** `mocha-cocotb clean` as its users see it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ensureBuild } from '../../src/build/build.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { mochaCocotb } from './command.ts';

describe('mocha-cocotb clean', () => {
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'clean-'));
    writeFileSync(path.join(folder, 'top.v'), 'module top; endmodule\n');
    await ensureBuild(
      resolveDesign(
        { toplevel: 'top', sources: ['top.v'], simulator: 'icarus', cwd: folder, simBuild: 'sim_build' },
        {},
      ),
    );
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const builds = (): number => readdirSync(path.join(folder, 'sim_build/builds')).length;

  it('keeps what is in use, whatever is asked', async () => {
    const { stdout } = await mochaCocotb(folder, ['clean', '--all']);
    expect(stdout).to.match(/^in use, kept top \(icarus\) [0-9a-f]{32}, .*\n0 builds, 0\.0 MiB of /);
    expect(builds()).to.equal(1);
  });

  it('removes what is not, and only says so on a dry run', async () => {
    // As if this process, which built it, had ended.
    rmSync(path.join(folder, 'sim_build/uses'), { recursive: true });
    expect((await mochaCocotb(folder, ['clean'])).stdout).to.match(/^0 builds, /);
    expect((await mochaCocotb(folder, ['clean', '--all', '--dry-run'])).stdout).to.match(
      /^would remove top \(icarus\)/,
    );
    expect(builds()).to.equal(1);
    expect((await mochaCocotb(folder, ['clean', '--all'])).stdout).to.match(/^removed top \(icarus\) .*\n1 builds, /);
    expect(builds()).to.equal(0);
  });

  it('refuses a number that is none', async () => {
    const { stderr, exitCode } = await mochaCocotb(folder, ['clean', '--older-than', 'soon']);
    expect(stderr).to.match(/^error: option --older-than takes a number >= 0, not soon/);
    expect(exitCode).not.to.equal(0);
  });
});
