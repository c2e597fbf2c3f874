/** `mocha-cocotb clean` as its users see it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ensureBuild } from '../../src/build/build.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { cocotbModule, counterSv, passes, specOf } from '../support/designs.ts';
import { cli, makeProject } from '../support/project.ts';
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

  it('removes with --all what runs and compiles left beside the builds', async () => {
    for (const place of ['runs/over', 'runtime/key']) {
      mkdirSync(path.join(folder, 'sim_build', place), { recursive: true });
      writeFileSync(path.join(folder, 'sim_build', place, 'file'), ' '.repeat(1 << 20));
    }
    const { stdout } = await mochaCocotb(folder, ['clean', '--all']);
    expect(stdout).to.match(
      /\nremoved folders of runs: 1, 1\.0 MiB\nremoved compiled runtimes: 1, 1\.0 MiB\n0 builds, /,
    );
    for (const place of ['runs', 'runtime'])
      expect(readdirSync(path.join(folder, 'sim_build', place))).to.deep.equal([]);
  });

  it('takes nothing from a run that is under way', async () => {
    const command = JSON.stringify([process.execPath, cli, 'clean', '--all']);
    const project = await makeProject({
      'counter.sv': counterSv,
      'counter.spec.js': specOf('counter', 'test_counter'),
    });
    try {
      const cleans = `import subprocess\nsubprocess.run(${command}, cwd="${project.folder}", check=True)`;
      await project.write({ 'test_counter.py': cocotbModule({ t1: passes, t2: cleans, t3: passes }) });
      await project.write({ 'sim_build/runs/over/sim.log': '', 'sim_build/runs/over/results.xml': '' });
      for (const workers of [[], ['--parallel', '--jobs', '2']]) {
        const run = await project.mocha([...workers, 'counter.spec.js']);
        expect(run.exitCode, run.stdout + run.stderr).to.equal(0);
        const folders = project.runFolders();
        expect(folders.map((name) => /t\d$/.exec(name)?.[0])).to.deep.equal(['t1', 't2', 't3']);
        for (const name of folders)
          expect(existsSync(project.path(`sim_build/runs/${name}/results.xml`))).to.equal(true);
      }
    } finally {
      await project.remove();
    }
  });

  it('refuses a number that is none', async () => {
    const { stderr, exitCode } = await mochaCocotb(folder, ['clean', '--older-than', 'soon']);
    expect(stderr).to.match(/^error: option --older-than takes a number >= 0, not soon/);
    expect(exitCode).not.to.equal(0);
  });
});
