/** A thousand short tests of a counter: what a regression is made of. */
import { bestPeer, enter, entrantOf, tableOf, type Entrant, type Entry, type Step } from './compare.ts';
import type { Contender } from './contender.ts';
import { counterProject } from './designs/counter.ts';
import { measureFloor } from './floor.ts';
import { ours } from './ours.ts';
import { allPeers, peerNotes } from './peers/list.ts';
import type { Workload } from './workload.ts';

export const many: Workload = {
  name: 'many',
  title: 'A thousand short tests of a counter, each in a simulation of its own',
  async run(context) {
    const count = context.isQuick ? 50 : 1000;
    // All peers in full would take half an hour.
    const sample = context.isQuick ? 10 : context.isFull ? count : 120;
    const everything = { first: 0, count };

    const prepare = async (contender: Contender): Promise<Entrant> => {
      const entrant = await entrantOf(contender, (testsPerModule) => counterProject(count, testsPerModule), context);
      await enter(entrant, { first: 0, count: contender.kind === 'ours' ? 25 : 1 }, context, 'build');
      return entrant;
    };

    const peers: { readonly entrant: Entrant; readonly entry: Entry }[] = [];
    for (const contender of allPeers) {
      const entrant = await prepare(contender);
      const entry = await enter(entrant, { first: 0, count: sample }, context, `${sample} tests`);
      peers.push({ entrant, entry });
    }
    const best = bestPeer(peers.map(({ entry }) => entry));
    const peerEntries: Entry[] = [];
    for (const { entrant, entry } of peers) {
      const isSample = entry !== best || sample === count;
      peerEntries.push(isSample ? entry : await enter(entrant, everything, context, `${count} tests`));
    }

    const { folder } = await prepare(ours({ isolation: 'test', launch: 'auto' }));
    const first = await enter(
      { contender: ours({ isolation: 'test', launch: 'auto' }), folder },
      everything,
      context,
      `${count} tests for the first time`,
    );
    const ownEntries: Entry[] = [];
    for (const isolation of ['test', 'module'] as const) {
      const contender = ours({ isolation, launch: 'auto' });
      ownEntries.push(await enter({ contender, folder }, everything, context, `${count} tests`));
    }
    const step: Step = {
      title: `${count} tests, the design already built`,
      entries: [
        ...ownEntries,
        { ...first, name: 'mocha-cocotb, the first time: nothing learned yet', isReference: false },
        ...peerEntries,
        ...(await measureFloor(folder, count, context)),
      ],
      notes:
        sample === count
          ? peerNotes
          : [
              ...peerNotes,
              `The best peer ran all ${count} tests, the others the first ${sample}; the time for each stays the same.`,
            ],
    };
    return { tables: [tableOf(step)], data: [step] };
  },
};
