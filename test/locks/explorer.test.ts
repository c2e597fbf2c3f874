/** The proof by exploration: the real lock code over every interleaving within a bound, and over random ones. */
import { expect } from 'chai';
import type { Contender } from './explorer/contender.ts';
import { naiveLock, nfsLock, sharedLock } from './explorer/contenders.ts';
import { ALL_FAULTS, enumerate, NO_FAULTS, sample, type Exploration, type ExploreOptions } from './explorer/explore.ts';

/** LOCK_SCHEDULES raises how many schedules each exploration may take; those that are complete before stop there. */
const limit = Number(process.env['LOCK_SCHEDULES'] ?? 1_500);
const hosts = [true, false];

const sampleFrom = (seed: number) => (options: ExploreOptions) => sample(options, seed);

describe('lock protocol, explored', function () {
  this.timeout(3_600_000);

  let schedules = 0;
  let steps = 0;
  after(() => console.log(`      explored ${schedules} schedules, ${steps} steps in all`));

  function report(name: string, exploration: Exploration): void {
    schedules += exploration.schedules;
    steps += exploration.steps;
    console.log(
      `      ${name}: ${exploration.schedules} schedules${exploration.isComplete ? ', all within the bound' : ''}`,
    );
    const { violation } = exploration;
    if (violation !== undefined) expect.fail(`${violation.what}\n${violation.trace.slice(-60).join('\n')}`);
  }

  async function explore(
    name: string,
    contenders: () => readonly Contender[],
    bound: Partial<ExploreOptions>,
  ): Promise<void> {
    for (const isOneHost of hosts) {
      const options = {
        contenders,
        faults: ALL_FAULTS,
        budget: { preemptions: 1, faults: 1 },
        isOneHost,
        limit,
        ...bound,
      };
      report(`${name}, ${isOneHost ? 'one host' : 'several hosts'}`, await enumerate(options));
    }
  }

  async function sampleMany(name: string, contenders: () => readonly Contender[]): Promise<void> {
    for (const isOneHost of hosts) {
      const options = { contenders, faults: ALL_FAULTS, budget: { preemptions: 40, faults: 4 }, isOneHost, limit };
      report(`${name}, ${isOneHost ? 'one host' : 'several hosts'}`, await sample(options, 20_26));
    }
  }

  describe('NFSLock', () => {
    it('keeps two contenders apart under every interleaving with up to four pre-emptions', () =>
      explore('2 contenders, 4 pre-emptions', () => [nfsLock(2), nfsLock(1)], {
        budget: { preemptions: 4, faults: 0 },
      }));

    it('keeps two apart with a crash, a suspension, a lost lease, a request sent twice or a stale lookup at any step', () =>
      explore('2 contenders, 1 pre-emption, 1 fault', () => [nfsLock(1), nfsLock(1)], {}));

    it('keeps two apart when one is suspended at any step and wakes at any other', () =>
      explore('2 contenders, 2 rounds, 2 pre-emptions, 1 suspension', () => [nfsLock(2), nfsLock(2)], {
        faults: { ...NO_FAULTS, suspend: true },
        budget: { preemptions: 2, faults: 1 },
      }));

    it('keeps three apart in random schedules with up to four faults', () =>
      sampleMany('3 contenders, random', () => [nfsLock(2), nfsLock(2), nfsLock(2)]));

    it('keeps four apart in random schedules with up to four faults', () =>
      sampleMany('4 contenders, random', () => [nfsLock(2), nfsLock(1), nfsLock(2), nfsLock(1)]));
  });

  describe('SharedNFSLock', () => {
    it('keeps a writer from a reader with a fault at any step', () =>
      explore('reader and writer, 1 pre-emption, 1 fault', () => [sharedLock('shared'), sharedLock('exclusive')], {}));

    it('keeps two writers apart with a fault at any step', () =>
      explore('2 writers, 1 pre-emption, 1 fault', () => [sharedLock('exclusive'), sharedLock('exclusive')], {}));

    it('keeps two readers and two writers apart in random schedules', () =>
      sampleMany('2 readers and 2 writers, random', () => [
        sharedLock('shared'),
        sharedLock('exclusive'),
        sharedLock('shared'),
        sharedLock('exclusive'),
      ]));
  });

  describe('a naive mkdir lock', () => {
    const bugs = [
      {
        bug: 'the stale-break race',
        faults: { crash: true },
        contenders: 3,
        finds: /^(live lock broken|two holders)/,
        isOneHost: true,
        explorer: sampleFrom(1),
      },
      {
        bug: 'the deadlock after a crash between mkdir and the holder file',
        faults: { crash: true },
        contenders: 2,
        finds: /^deadlock/,
        isOneHost: true,
        explorer: enumerate,
      },
      {
        bug: "the release of another's lock",
        faults: { suspend: true },
        contenders: 2,
        finds: /^foreign release/,
        isOneHost: false,
        explorer: enumerate,
      },
    ];
    for (const { bug, faults, contenders, finds, isOneHost, explorer } of bugs) {
      it(`is found to have ${bug}`, async () => {
        const { violation, schedules: tried } = await explorer({
          contenders: () => Array.from({ length: contenders }, naiveLock),
          faults: { ...NO_FAULTS, ...faults },
          budget: { preemptions: 4, faults: 1 },
          isOneHost,
          limit: 3_000,
          isWanted: (what) => finds.test(what),
        });
        expect(violation?.what).to.match(finds);
        console.log(`      found after ${tried} schedules: ${violation?.what}`);
      });
    }
  });
});
