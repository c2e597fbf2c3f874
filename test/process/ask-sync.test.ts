/** Questions to another process, for whose answers this one stands still. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { SyncAsker } from '../../src/process/ask-sync.ts';
import { isRunning, waitUntil } from './processes.ts';

interface Answer {
  readonly question: string;
  readonly pid: number;
  readonly variable?: string;
}

describe('SyncAsker', () => {
  const variable = 'ANSWERED_VARIABLE';
  let asker: SyncAsker;
  const ask = (question: string) => asker.ask(question) as Answer;

  beforeEach(() => {
    asker = new SyncAsker(path.join(import.meta.dirname, 'answerer.ts'));
  });
  afterEach(() => {
    delete process.env[variable];
  });

  it('has one process answer question after question, of any length and content', () => {
    const first = ask('one\u2028line');
    const second = ask('ü'.repeat(200_000));
    expect(first.question).to.equal('one\u2028line');
    expect(second.question).to.equal('ü'.repeat(200_000));
    expect(second.pid).to.equal(first.pid);
  });

  it('asks another process where a variable has changed', async () => {
    const first = ask('');
    process.env[variable] = 'set';
    const second = ask('');
    expect([first.variable, second.variable]).to.deep.equal([undefined, 'set']);
    await waitUntil(() => !isRunning(first.pid), 'the end of the first one');
  });

  it('has no answer from a process that ends, and asks another one next', () => {
    const first = ask('');
    expect(ask('end')).to.equal(undefined);
    expect(ask('').pid).not.to.equal(first.pid);
  });

  it('asks another process when the one that it has was killed', async () => {
    const { pid } = ask('');
    process.kill(pid, 'SIGKILL');
    // A zombie's other threads may still have its pipes open.
    await waitUntil(() => !existsSync(`/proc/${pid}`), 'its end');
    expect(ask('').pid).not.to.equal(pid);
  });

  it('lets a process end that is not asked any more', async () => {
    const { pid } = ask('');
    await waitUntil(() => !isRunning(pid), 'its end');
  });
});
