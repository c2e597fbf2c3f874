/** A command that is interrupted ends in order: nothing runs on, no lock is held, and the caller sees the signal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { Mark, waitUntil } from '../process/processes.ts';
import { Scratch } from '../python/scratch.ts';
import { main } from './command.ts';

describe('mocha-cocotb setup', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    scratch = await Scratch.make();
  });
  afterEach(() => scratch.remove());

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`leaves nothing running and, unless it was killed, no lock after ${signal}`, async () => {
      const mark = new Mark();
      // Stands for python3: its pip never ends.
      const base = await scratch.write(
        'base',
        `#!/bin/sh
case "$1 $2" in
  '-c import'*) echo 3.11.7 ;;
  '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m pip') touch "$UP"; sleep 1000 & wait ;;
esac
`,
      );
      const folder = scratch.path('environment');
      const child = spawn(
        process.execPath,
        [`--import=${import.meta.resolve('tsx')}`, main, 'setup', '--python', base, '--directory', folder],
        { cwd: scratch.folder, env: { ...mark.env, UP: scratch.path('up') }, stdio: 'ignore' },
      );
      await waitUntil(() => existsSync(scratch.path('up')), 'pip');
      const ended = once(child, 'exit');
      child.kill(signal);
      expect(await ended).to.deep.equal([null, signal]);
      await mark.waitForRunning(0);
      expect(existsSync(scratch.path('environment/.locks/environment.lock'))).to.equal(signal === 'SIGKILL');
    });
  }
});
