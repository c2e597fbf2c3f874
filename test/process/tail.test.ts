/** Follower: all that is written to a file arrives. */
import { appendFileSync } from 'node:fs';
import { expect } from 'chai';
import { Follower } from '../../src/process/tail.ts';
import { scratch } from '../support/scratch.ts';

describe('Follower', () => {
  it('hands on what was written before it was told to stop, also while it was looking', async () => {
    using folder = scratch({ log: 'first\n' });
    const pieces: string[] = [];
    const { signal } = new AbortController();
    let isStopped = false;
    // The writer's last words, and then the stop, come just when the first look has found the end of the file.
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        if (pieces.length > 0 && !isStopped) {
          isStopped = true;
          appendFileSync(folder.path('log'), 'last\n');
        }
        return isStopped;
      },
    });
    await new Follower(folder.path('log'), (text) => pieces.push(text)).follow(1, signal);
    expect(pieces.join('')).to.equal('first\nlast\n');
  });
});
