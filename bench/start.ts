/** What the fixtures add to the start of mocha when nothing has changed: from the command to the first simulation. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { counterProject } from './designs/counter.ts';
import { median } from './median.ts';
import { measure, type MeasuredCommand } from './measure.ts';
import { prepareSpecFolder } from './ours.ts';
import { writeProject } from './project.ts';
import { formatFigure } from './report.ts';
import type { Workload } from './workload.ts';

export const start: Workload = {
  name: 'start',
  title: 'Start when nothing has changed',
  async run(context) {
    const { folder: base, isQuick, progress } = context;
    const tools = await context.tools();
    const repeats = isQuick ? 3 : 40;
    const folder = path.join(base, 'start');
    await mkdir(folder);
    await writeProject(counterProject(25, 25), folder);
    await prepareSpecFolder(folder, tools.root, specs);

    const mocha = path.join(tools.root, 'node_modules/mocha/bin/mocha.js');
    const own = path.join(tools.root, 'dist/src/cli/main.js');
    const command = (...argv: string[]): MeasuredCommand => ({
      argv: [process.execPath, ...argv],
      cwd: folder,
      env: tools.ownEnv,
    });
    const starts = [
      { name: 'mocha, an empty test', command: command(mocha, 'empty.spec.js') },
      { name: 'mocha-cocotb, an empty test', command: command(own, 'empty.spec.js') },
      { name: 'mocha-cocotb, useHdl, up to the first simulation', command: command(own, 'use-hdl.spec.js') },
      { name: 'mocha-cocotb, describeCocotb of 25 tests, up to the first', command: command(own, 'describe.spec.js') },
      {
        name: 'mocha with the fixtures required, useHdl, up to the first',
        command: command(
          mocha,
          '--require',
          './node_modules/mocha-cocotb/dist/fixtures/register.js',
          'use-hdl.spec.js',
        ),
      },
    ];
    progress('start: build');
    for (const { command: once } of starts) await measure(once);
    const walls = starts.map((): number[] => []);
    // In turns, so that whatever else the machine does meets all alike.
    for (let repeat = 0; repeat < repeats; repeat++) {
      progress(`start: ${repeat + 1} of ${repeats}`);
      for (const [index, { command: once }] of starts.entries()) {
        const { measurement } = await measure(once);
        walls[index]?.push(measurement.wall);
      }
    }
    const medians = walls.map(median);
    const [alone = NaN] = medians;
    return {
      tables: [
        {
          title: `Median of ${repeats} starts; each ends right before its first test`,
          columns: ['', 'wall, ms', 'fastest, ms', 'slowest, ms', 'times mocha alone'],
          rows: starts.map(({ name }, index) => [
            name,
            medians[index] ?? null,
            Math.min(...(walls[index] ?? [])),
            Math.max(...(walls[index] ?? [])),
            `${formatFigure((medians[index] ?? NaN) / alone)}x`,
          ]),
          notes: [
            'The build exists: the start includes finding Python and the tools and checking every input of the design.',
          ],
        },
      ],
      data: starts.map(({ name }, index) => ({ name, walls: walls[index] })),
    };
  },
};

const stop = `
// All before() hooks are done, the first test would begin now.
beforeEach(() => process.exit(0));
`;

const design = `{ toplevel: 'counter', sources: ['counter.sv'], parameters: { WIDTH: 8 }, timescale: '1ns/1ps' }`;

const specs = {
  'empty.spec.js': `${stop}it('does nothing', () => {});\n`,
  'use-hdl.spec.js': `import { useHdl } from 'mocha-cocotb';
${stop}
useHdl(${design});
it('does nothing', () => {});
`,
  'describe.spec.js': `import { describeCocotb } from 'mocha-cocotb';
${stop}
describeCocotb('counter', { design: ${design}, testModule: 'test_counter_0000', pythonPath: ['.'] });
`,
};
