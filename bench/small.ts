/** Twenty small designs, each built and simulated once: what a repository of building blocks costs. */
import { enter, entrantOf, tableOf, type Step } from './compare.ts';
import { smallProject } from './designs/small.ts';
import { ours } from './ours.ts';
import { parallelPeers } from './peers/list.ts';
import type { Workload } from './workload.ts';

export const small: Workload = {
  name: 'small',
  title: 'Small designs, each with one test',
  async run(context) {
    const count = context.isQuick ? 4 : 20;
    const first: Step = { title: 'The first design: build and one simulation', entries: [] };
    const second: Step = { title: 'The second design, right after', entries: [] };
    const rest: Step = { title: `The other ${count - 2} designs in one run`, entries: [] };
    const again: Step = { title: `All ${count} again, nothing changed`, entries: [] };
    for (const contender of [ours({ isolation: 'test', launch: 'auto' }), ...parallelPeers]) {
      const entrant = await entrantOf(contender, () => smallProject(count), context);
      first.entries.push(await enter(entrant, { first: 0, count: 1 }, context, 'first design'));
      second.entries.push(await enter(entrant, { first: 1, count: 1 }, context, 'second design'));
      rest.entries.push(await enter(entrant, { first: 2, count: count - 2 }, context, 'other designs'));
      again.entries.push(await enter(entrant, { first: 0, count }, context, 'again'));
    }
    const steps = [first, second, rest, again];
    return { tables: steps.map(tableOf), data: steps };
  },
};
