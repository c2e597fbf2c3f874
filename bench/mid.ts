/** A mid-size design: what a compile costs, and what it costs when nothing changed. */
import { enter, entrantOf, tableOf, type Step } from './compare.ts';
import { midProject } from './designs/mid.ts';
import { ours } from './ours.ts';
import { parallelPeers } from './peers/list.ts';
import type { Workload } from './workload.ts';

export const mid: Workload = {
  name: 'mid',
  title: 'A mid-size design',
  async run(context) {
    const variants = context.isQuick ? 5 : 200;
    const selection = { first: 0, count: 4 };
    const cold: Step = { title: `Nothing built yet: compile, then ${selection.count} tests`, entries: [] };
    const again: Step = { title: `Again, nothing changed: ${selection.count} tests`, entries: [] };
    for (const contender of [ours({ isolation: 'test', launch: 'auto' }), ...parallelPeers]) {
      const entrant = await entrantOf(contender, (testsPerModule) => midProject(variants, testsPerModule), context);
      cold.entries.push(await enter(entrant, selection, context, 'cold'));
      again.entries.push(await enter(entrant, selection, context, 'again'));
    }
    return { tables: [tableOf(cold), tableOf(again)], data: [cold, again] };
  },
};
