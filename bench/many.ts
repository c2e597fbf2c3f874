/** A thousand short tests of a counter: what a regression is made of. */
import { bestPeer, enter, tableOf, type Entry, type Step } from './compare.ts';
import { measureFloor } from './floor.ts';
import { ours } from './ours.ts';
import { counterEntrant, peerNotes, peers } from './short.ts';
import type { Workload } from './workload.ts';

export const many: Workload = {
  name: 'many',
  title: 'A thousand short tests of a counter, each in a simulation of its own',
  async run(context) {
    const count = context.isQuick ? 50 : 1000;
    const sample = context.isQuick ? 10 : context.isFull ? count : 120;
    const step: Step = { title: `${count} tests, the design already built`, entries: [], notes: [...peerNotes] };
    const build = { first: 0, count: 25 };

    const entrants = await Promise.all(peers.map((peer) => counterEntrant(peer, count, context)));
    const sampled: Entry[] = [];
    for (const entrant of entrants) {
      await enter(entrant, { first: 0, count: 1 }, context, 'build');
      sampled.push(await enter(entrant, { first: 0, count: sample }, context, `${sample} tests`));
    }
    const best = bestPeer(sampled);
    if (sample < count) {
      step.notes?.push(
        `The best peer ran all ${count} tests, the others the first ${sample}; the time for each stays the same.`,
      );
    }
    for (const [index, entrant] of entrants.entries()) {
      const entry = sampled[index];
      if (entry === undefined) continue;
      const runsAll = entry === best && sample < count;
      step.entries.push(runsAll ? await enter(entrant, { first: 0, count }, context, `${count} tests`) : entry);
    }

    const reference = await counterEntrant(ours({ isolation: 'test', launch: 'auto' }), count, context);
    await enter(reference, build, context, 'build');
    const own: Entry[] = [];
    for (const isolation of ['test', 'module'] as const) {
      const contender = ours({ isolation, launch: 'auto' });
      own.push(await enter({ contender, folder: reference.folder }, { first: 0, count }, context, `${count} tests`));
    }
    step.entries.unshift(...own);
    step.entries.push(...(await measureFloor(reference.folder, count, context)));
    return { tables: [tableOf(step)], data: [step] };
  },
};
