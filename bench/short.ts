/** A handful of short tests of a counter: what a developer runs all the time. */
import { enter, entrantOf, tableOf, type Step } from './compare.ts';
import { counterProject } from './designs/counter.ts';
import { measureFloor } from './floor.ts';
import { ours } from './ours.ts';
import { allPeers, peerNotes } from './peers/list.ts';
import type { Workload } from './workload.ts';

export const short: Workload = {
  name: 'short',
  title: 'Short tests of a counter, each in a simulation of its own',
  async run(context) {
    const count = context.isQuick ? 5 : 30;
    const selection = { first: 0, count };
    const cold: Step = { title: `Nothing built yet: compile, then ${count} tests`, entries: [] };
    const again: Step = { title: `Again, nothing changed: ${count} tests`, entries: [], notes: peerNotes };
    const entrants = await Promise.all(
      [ours({ isolation: 'test', launch: 'auto' }), ...allPeers].map((contender) =>
        entrantOf(contender, (testsPerModule) => counterProject(count, testsPerModule), context),
      ),
    );
    for (const entrant of entrants) {
      cold.entries.push(await enter(entrant, selection, context, 'cold'));
      again.entries.push(await enter(entrant, selection, context, 'again'));
    }
    const folder = entrants[0]?.folder ?? '';
    const variants = [ours({ isolation: 'module', launch: 'auto' }), ours({ isolation: 'test', launch: 'cold' })];
    for (const contender of variants) {
      again.entries.push(await enter({ contender, folder }, selection, context, 'again'));
    }
    again.entries.push(...(await measureFloor(folder, context.isQuick ? 20 : 200, context)));
    return { tables: [tableOf(cold), tableOf(again)], data: [cold, again] };
  },
};
