/** Many processes, many acquisitions, and a SIGKILL every few ms. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { ContenderTask } from './doubles/contender.ts';
import { ended, findOverlaps, journaled, kill, readJournal } from './processes.ts';
import { useScene } from './scene.ts';

/** LOCK_TORTURE raises the number of acquisitions; the figure for a release is 5000. */
const acquisitions = Number(process.env['LOCK_TORTURE'] ?? 300);
/** LOCK_KILL_EVERY sets how often one of them is killed, ms; the figure for a release is 50. */
const killEvery = Number(process.env['LOCK_KILL_EVERY'] ?? 200);
const contenders = 8;

describe('locks under torture', function () {
  this.timeout(1_800_000);
  const scene = useScene();

  async function torture(
    kinds: readonly ContenderTask['kind'][],
    excludes: (a: string, b: string) => boolean,
  ): Promise<string> {
    const { lock, journal } = scene;
    const options = { staleTimeout: 30_000 };
    const running = new Set<ChildProcess>();
    let started = 0;
    let kills = 0;
    const start = (): void => {
      const kind = kinds[started % kinds.length] ?? 'nfs';
      const name = `${kind}${started++}`;
      const child = scene.start({ kind, name, rounds: 1_000_000, hold: 1, options });
      running.add(child);
    };
    const begin = performance.now();
    // Kills come by the clock, however busy the machine is.
    for (let next = begin + killEvery; countEntered(journal) < acquisitions; next += killEvery) {
      while (running.size < contenders) start();
      await sleep(Math.max(0, next - performance.now()));
      const victim = [...running][Math.floor(Math.random() * running.size)];
      if (victim === undefined) continue;
      victim.kill('SIGKILL');
      running.delete(victim);
      kills++;
    }
    const took = performance.now() - begin;
    for (const child of running) await kill(child);
    const lines = readJournal(journal);
    expect(findOverlaps(lines, excludes)).to.deep.equal([]);
    expect(lines.filter(({ what }) => what === 'lost' || what.startsWith('failed'))).to.deep.equal([]);
    // Whatever the killed left behind, one more gets the lock and leaves nothing.
    const kind = kinds.includes('nfs') ? 'nfs' : 'exclusive';
    const final = scene.start({ kind, name: 'last', hold: 0, options });
    await journaled(journal, ({ what, name }) => name === 'last' && what === 'done');
    await ended(final);
    expect(fs.existsSync(lock)).to.equal(false);
    return `${countEntered(journal)} acquisitions by ${started} processes, ${kills} of them killed, one every ${Math.round(took / kills)} ms, no violation`;
  }

  it('NFSLock has one holder at a time, and the next one goes on after each kill', async () => {
    console.log(`      ${await torture(['nfs'], () => true)}`);
  });

  it('SharedNFSLock keeps writers alone, and the others go on after each kill', async () => {
    const isWriter = (name: string): boolean => name.startsWith('exclusive');
    console.log(`      ${await torture(['shared', 'exclusive'], (a, b) => isWriter(a) || isWriter(b))}`);
  });
});

const countEntered = (journal: string): number => readJournal(journal).filter(({ what }) => what === 'enter').length;
