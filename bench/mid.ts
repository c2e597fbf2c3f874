/** A mid-size design: what a compile costs, and what it costs when nothing changed. */
import path from 'node:path';
import { enter, tableOf, type Step } from './compare.ts';
import { midProject } from './designs/mid.ts';
import { ours } from './ours.ts';
import { cocotbPlugin } from './peers/plugin.ts';
import { cocotbTest } from './peers/cocotb-test.ts';
import { runnerLoop } from './peers/runner.ts';
import { writeProject } from './project.ts';
import type { Workload } from './workload.ts';

export const mid: Workload = {
  name: 'mid',
  title: 'A mid-size design',
  async run(context) {
    const variants = context.isQuick ? 5 : 200;
    const selection = { first: 0, count: 4 };
    const cold: Step = { title: `Nothing built yet: compile, then ${selection.count} tests`, entries: [] };
    const again: Step = { title: `Again, nothing changed: ${selection.count} tests`, entries: [] };
    const contenders = [ours({ isolation: 'test', launch: 'auto' }), runnerLoop(2), cocotbPlugin(2), cocotbTest(2)];
    for (const contender of contenders) {
      const folder = path.join(context.folder, contender.name.replace(/\W+/g, '-'));
      await writeProject(midProject(variants, contender.wantsModulePerTest ? 1 : selection.count), folder);
      await contender.prepare(folder, await context.tools());
      cold.entries.push(await enter({ contender, folder }, selection, context, 'cold'));
      again.entries.push(await enter({ contender, folder }, selection, context, 'again'));
    }
    return { tables: [tableOf(cold), tableOf(again)], data: [cold, again] };
  },
};
