/** A handful of short tests of a counter: what a developer runs all the time. */
import path from 'node:path';
import { enter, tableOf, type Entrant, type Step } from './compare.ts';
import type { Contender } from './contender.ts';
import { counterProject } from './designs/counter.ts';
import { measureFloor } from './floor.ts';
import { ours } from './ours.ts';
import { cocotbPlugin } from './peers/plugin.ts';
import { cocotbTest } from './peers/cocotb-test.ts';
import { runnerLoop } from './peers/runner.ts';
import { writeProject } from './project.ts';
import type { BenchContext, Workload } from './workload.ts';

/** Every way of running a test for each process that is compared. */
export const peers: readonly Contender[] = [
  runnerLoop(1),
  runnerLoop(2),
  cocotbPlugin(0),
  cocotbPlugin(2),
  cocotbTest(2),
];

export const short: Workload = {
  name: 'short',
  title: 'Short tests of a counter, each in a simulation of its own',
  async run(context) {
    const count = context.isQuick ? 5 : 30;
    const selection = { first: 0, count };
    const cold: Step = { title: `Nothing built yet: compile, then ${count} tests`, entries: [] };
    const again: Step = { title: `Again, nothing changed: ${count} tests`, entries: [], notes: peerNotes };
    const reference = await counterEntrant(ours({ isolation: 'test', launch: 'auto' }), count, context);
    for (const entrant of [
      reference,
      ...(await Promise.all(peers.map((peer) => counterEntrant(peer, count, context)))),
    ]) {
      cold.entries.push(await enter(entrant, selection, context, 'cold'));
      again.entries.push(await enter(entrant, selection, context, 'again'));
    }
    const variants = [ours({ isolation: 'module', launch: 'auto' }), ours({ isolation: 'test', launch: 'cold' })];
    for (const contender of variants) {
      again.entries.push(await enter({ contender, folder: reference.folder }, selection, context, 'again'));
    }
    again.entries.push(...(await measureFloor(reference.folder, context.isQuick ? 20 : 200, context)));
    return { tables: [tableOf(cold), tableOf(again)], data: [cold, again] };
  },
};

/** What readers of the peers' figures should know. */
export const peerNotes = [
  "Verilator without waves throughout. Peers compile once and log to files or into pytest's capture; cocotb-test would run Verilator and make before each test, and was kept from it.",
  'Everything runs in one Python environment; plugins of pytest that are not needed are not loaded.',
];

/** A counter project of a contender's own, with its driver. */
export async function counterEntrant(contender: Contender, count: number, context: BenchContext): Promise<Entrant> {
  const folder = path.join(context.folder, contender.name.replace(/\W+/g, '-'));
  await writeProject(counterProject(count, contender.wantsModulePerTest ? 1 : 25), folder);
  await contender.prepare(folder, await context.tools());
  return { contender, folder };
}
