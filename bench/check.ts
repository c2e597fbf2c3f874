/** What it costs to find that nothing has changed in a design of thousands of files. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Workload } from './workload.ts';

/** What `check-build.ts` prints: ms. */
interface Check {
  readonly resolve: number;
  readonly ensure: number;
  readonly compiled: boolean;
}

export const check: Workload = {
  name: 'check',
  title: 'A check of many files',
  async run({ folder, isQuick, root, tools, progress }) {
    const { python, ownEnv } = await tools();
    const files = isQuick ? 500 : 5000;
    await writeSources(folder, files);
    const checkOnce = async (): Promise<Check> => {
      const script = path.join(import.meta.dirname, 'check-build.ts');
      const { stdout } = await execa(
        process.execPath,
        ['--import', path.join(root, 'node_modules/tsx/dist/loader.mjs'), script, folder, String(files)],
        { cwd: folder, extendEnv: false, env: { ...ownEnv, MOCHA_COCOTB_PYTHON: python } },
      );
      return JSON.parse(stdout) as Check;
    };
    progress('check: the first build');
    const first = await checkOnce();
    // The second check reads once more what had only just been written when it was first read.
    await checkOnce();
    const checks: Check[] = [];
    for (let repeat = 0; repeat < (isQuick ? 3 : 15); repeat++) checks.push(await checkOnce());
    const medianOf = (figure: (each: Check) => number): number =>
      checks.map(figure).sort((a, b) => a - b)[checks.length >> 1] ?? 0;
    return {
      data: { files, first, checks },
      tables: [
        {
          title: `${files} sources and 100 headers, Icarus, each check in a process of its own`,
          columns: ['step', 'ms'],
          rows: [
            ['options checked (resolveDesign)', medianOf(({ resolve }) => resolve)],
            ['nothing changed (ensureBuild)', medianOf(({ ensure }) => ensure)],
            ['both together', medianOf(({ resolve, ensure }) => resolve + ensure)],
            ['first build, the compile included', first.ensure],
          ],
          notes: ['Medians; a stat of each file, and no file read.'],
        },
      ],
    };
  },
};

async function writeSources(folder: string, files: number): Promise<void> {
  const names = Array.from({ length: files }, (_, index) => index);
  for (let part = 0; part < 50; part++) await mkdir(path.join(folder, `part${part}`));
  await mkdir(path.join(folder, 'include'));
  for (let index = 0; index < 100; index++) {
    await writeFile(path.join(folder, `include/h${index}.vh`), `\`define H${index} ${index}\n`);
  }
  for (const index of names) {
    const header = index % 100;
    const text = `\`include "h${header}.vh"\nmodule m${index} (input a); wire [7:0] x = \`H${header}; endmodule\n`;
    await writeFile(path.join(folder, `part${index % 50}/m${index}.v`), text);
  }
  await writeFile(path.join(folder, 'top.v'), 'module top (input a); m0 i0 (a); m1 i1 (a); endmodule\n');
}
