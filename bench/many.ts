/** A thousand short tests of a counter: what a regression is made of. */
import { bestPeer, enter, entrantOf, tableOf, type Entrant, type Entry, type Step } from './compare.ts';
import type { Contender } from './contender.ts';
import { counterProject } from './designs/counter.ts';
import { measureFloor } from './floor.ts';
import { ours } from './ours.ts';
import { allPeers, peerNotes } from './peers/list.ts';
import { formatFigure } from './report.ts';
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

    const { folder } = await prepare(ours({ isolation: 'test', launch: 'auto' }));
    const enterOurs = async (isolation: 'test' | 'module', what = `${count} tests`): Promise<Entry> =>
      enter({ contender: ours({ isolation, launch: 'auto' }), folder }, everything, context, what);
    const first = await enterOurs('test', `${count} tests for the first time`);
    const inModules = await enterOurs('module');

    // A machine that others use is now faster, now slower. Peers take minutes: ours is measured after each of them.
    const runs: Entry[] = [];
    const peers: { readonly entrant: Entrant; readonly entry: Entry }[] = [];
    for (const contender of allPeers) {
      const entrant = await prepare(contender);
      const entry = await enter(entrant, { first: 0, count: sample }, context, `${sample} tests`);
      peers.push({ entrant, entry });
      runs.push(await enterOurs('test'));
    }
    const best = bestPeer(peers.map(({ entry }) => entry));
    const peerEntries: Entry[] = [];
    for (const { entrant, entry } of peers) {
      if (entry !== best || sample === count) peerEntries.push(entry);
      else {
        peerEntries.push(await enter(entrant, everything, context, `${count} tests`));
        runs.push(await enterOurs('test'));
      }
    }
    runs.sort((a, b) => a.measurement.wall - b.measurement.wall);
    const middle = runs[Math.floor(runs.length / 2)] ?? first;
    const [fastest, slowest] = [runs[0], runs.at(-1)].map((entry = first) =>
      formatFigure(entry.measurement.wall / count),
    );

    const step: Step = {
      title: `${count} tests, the design already built`,
      entries: [
        middle,
        inModules,
        { ...first, name: 'mocha-cocotb, the first time: nothing learned yet', isReference: false },
        ...peerEntries,
        ...(await measureFloor(folder, count, context)),
      ],
      notes: [
        ...peerNotes,
        `mocha-cocotb's line is the run in the middle of ${runs.length}, one after each of a peer: ${fastest} to ${slowest} ms a test.`,
        ...(sample === count
          ? []
          : [
              `The best peer ran all ${count} tests, the others the first ${sample}; the time for each stays the same.`,
            ]),
      ],
    };
    return { tables: [tableOf(step)], data: [step] };
  },
};
