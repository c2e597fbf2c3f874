/** Cores: whose turn it is, and how many run at a time. */
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { Cores, shareOfCores } from '../../src/simulation/cores.ts';

describe('shareOfCores', () => {
  it("is MOCHA_COCOTB_JOBS, else a mocha worker's part of the cores, at least 1", () => {
    expect(shareOfCores({ MOCHA_COCOTB_JOBS: '3', MOCHA_WORKER_ID: '0' }, 8)).to.equal(3);
    expect(shareOfCores({ MOCHA_COCOTB_JOBS: 'many' }, 8)).to.equal(8);
    expect(shareOfCores({ MOCHA_WORKER_ID: '0', MOCHA_COCOTB_WORKERS: '2' }, 8)).to.equal(4);
    expect(shareOfCores({ MOCHA_WORKER_ID: '0' }, 8)).to.equal(1);
  });
});

describe('Cores', () => {
  let begun: string[];
  let ends: Map<string, () => void>;
  let cores: Cores;

  beforeEach(() => {
    begun = [];
    ends = new Map();
    cores = new Cores(() => 2);
  });

  /** A simulation that runs until `end`. */
  const begin = async (name: string, runner: object, signal?: AbortSignal) => {
    const ended = new Promise<void>((resolve) => ends.set(name, resolve));
    return cores.use(runner, signal, async () => {
      begun.push(name);
      await ended;
    });
  };

  const end = async (name: string, running: Promise<void> | undefined) => {
    ends.get(name)?.();
    await running;
    // Whose turn it is now has begun when all promises are done with.
    await setImmediate();
  };

  it('lets no more run at a time than the share, whoever runs them, in the order in which they came', async () => {
    const [server, other] = [{}, {}];
    const first = begin('first', server);
    const runs = [begin('second', other), begin('third', {}), begin('fourth', server)];
    expect(begun).to.deep.equal(['first', 'second']);
    await end('first', first);
    expect(begun).to.deep.equal(['first', 'second', 'third']);
    await end('third', runs[1]);
    expect(begun).to.deep.equal(['first', 'second', 'third', 'fourth']);
    for (const finish of ends.values()) finish();
    await Promise.all(runs);
  });

  it('gives all that come to a server that has the cores to itself, until another one waits', async () => {
    const [server, other] = [{}, {}];
    const runs = ['1', '2', '3'].map((name) => begin(name, server));
    runs.push(begin('other', other), begin('4', server));
    expect(begun).to.deep.equal(['1', '2', '3']);
    await end('1', runs[0]);
    expect(begun).to.deep.equal(['1', '2', '3']);
    await end('2', runs[1]);
    expect(begun).to.deep.equal(['1', '2', '3', 'other']);
    await end('other', runs[3]);
    expect(begun).to.deep.equal(['1', '2', '3', 'other', '4']);
    for (const finish of ends.values()) finish();
    await Promise.all(runs);
  });

  it('has one that is aborted say so at once, and the others keep their turns', async () => {
    const abort = new AbortController();
    const runs = [begin('1', {}), begin('2', {}), begin('aborted', {}, abort.signal), begin('3', {})];
    abort.abort();
    await end('aborted', runs[2]);
    expect(begun).to.deep.equal(['1', '2', 'aborted']);
    await end('1', runs[0]);
    expect(begun).to.deep.equal(['1', '2', 'aborted', '3']);
    for (const finish of ends.values()) finish();
    await Promise.all(runs);
  });

  it('gives the core to the next when a simulation could not be run', async () => {
    const failing = [1, 2].map((number) =>
      cores.use({}, undefined, () => Promise.reject(new Error(`failed ${number}`))),
    );
    const next = begin('next', {});
    const reasons = (await Promise.allSettled(failing)).map(({ status }) => status);
    await setImmediate();
    expect(reasons).to.deep.equal(['rejected', 'rejected']);
    expect(begun).to.deep.equal(['next']);
    await end('next', next);
  });
});
