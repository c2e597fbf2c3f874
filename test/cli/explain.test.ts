/** `mocha-cocotb explain` as its users see it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { defineDesign } from '../../fixtures/define-design.ts';
import { ensureBuild } from '../../src/build/build.ts';
import { mochaCocotb } from './command.ts';

describe('mocha-cocotb explain', () => {
  let folder: string;
  let id: string;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'explain-'));
    writeFileSync(path.join(folder, 'top.v'), 'module top; parameter WIDTH = 1; endmodule\n');
    const build = (parameters: Record<string, number>) =>
      ensureBuild(
        defineDesign({
          toplevel: 'top',
          sources: ['top.v'],
          simulator: 'icarus',
          cwd: folder,
          simBuild: 'sim_build',
          parameters,
        }).resolved,
      );
    await build({ WIDTH: 4 });
    ({ id } = await build({ WIDTH: 8 }));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names the input that made a build necessary, by its toplevel', async () => {
    const { stdout, exitCode } = await mochaCocotb(folder, ['explain', 'top']);
    expect(stdout).to.match(/^top \(icarus\) [0-9a-f]{32}, made /);
    expect(stdout).to.match(
      /necessary because, against [0-9a-f]{32} of .*:\n {4}option parameter WIDTH changed: from 4 to 8\n/,
    );
    expect(stdout).to.include('necessary because: there is no earlier build of it');
    expect(exitCode).to.equal(0);
  });

  it('says by the id of a build what changed since', async () => {
    writeFileSync(path.join(folder, 'top.v'), 'module top; parameter WIDTH = 2; endmodule\n');
    const { stdout } = await mochaCocotb(folder, ['explain', id.slice(0, 8)]);
    expect(stdout).to.include(`would be made anew, since, against ${id} of`);
    expect(stdout).to.include('    file top.v changed\n'.trimEnd());
  });

  it('says of a module’s designs what the next run will do', async () => {
    const fixtures = path.resolve(import.meta.dirname, '../../fixtures/define-design.ts');
    const module = (width: number): string => `import { defineDesign } from ${JSON.stringify(fixtures)};
export const top = defineDesign({ toplevel: 'top', sources: ['top.v'], simulator: 'icarus', parameters: { WIDTH: ${width} } });\n`;
    writeFileSync(path.join(folder, 'designs.ts'), module(8));
    const same = await mochaCocotb(folder, ['explain', 'designs.ts']);
    expect(same.stdout).to.equal(`top (icarus): nothing to do, ${id} is up to date`);
    writeFileSync(path.join(folder, 'designs.ts'), module(9));
    const other = await mochaCocotb(folder, ['explain', 'designs.ts']);
    expect(other.stdout).to.match(
      /^top \(icarus\): the next run compiles\n.*\n {4}option parameter WIDTH changed: from \d to 9$/,
    );
  });

  it('lists the toplevels that there are, for one that there is not', async () => {
    const { stderr, exitCode } = await mochaCocotb(folder, ['explain', 'tpo']);
    expect(stderr).to.match(/^error: no build of tpo in \S+sim_build; there are builds of: top/);
    expect(exitCode).not.to.equal(0);
  });
});
