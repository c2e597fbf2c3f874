/** Whether a lock's holder lives, as far as this node can tell. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { nodeProcesses } from '../../src/locks/liveness.ts';
import { now } from './left-lock.ts';
import { kill } from './processes.ts';

describe('nodeProcesses', () => {
  it('tells processes of one pid apart by their start times', () => {
    const self = nodeProcesses.self();
    expect(nodeProcesses.judge(self, Date.now()).state).to.equal('alive');
    expect(nodeProcesses.judge({ ...self, startTime: (self.startTime ?? 0) - 1 }, Date.now()).state).to.equal('dead');
  });

  it('takes a zombie for dead', async () => {
    // Its parent never waits for it.
    const parent = spawn('python3', [
      '-c',
      'import os, time\npid = os.fork()\nif pid == 0: os._exit(0)\nprint(pid, flush=True)\ntime.sleep(60)',
    ]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    while (!fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) await sleep(5);
    expect(nodeProcesses.judge({ hostname: os.hostname(), pid, timestamp: now() }, Date.now()).state).to.equal('dead');
    await kill(parent);
  });

  it('takes a process of another user for alive', () => {
    const script = `
      import { nodeProcesses } from ${JSON.stringify(new URL('../../src/locks/liveness.ts', import.meta.url).href)};
      process.kill = () => { throw Object.assign(new Error(), { code: 'EPERM' }); };
      console.log(nodeProcesses.judge({ hostname: ${JSON.stringify(os.hostname())}, pid: ${process.pid} }, 0).state);`;
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).to.equal('alive');
  });

  it('does not judge pids of another boot, container or host', () => {
    const self = { ...nodeProcesses.self(), pid: 2 ** 22 - 1 };
    const { bootId: _, ...unbooted } = self;
    for (const other of [
      { ...self, bootId: 'another' },
      { ...self, pidNamespace: 'pid:[1]' },
      { ...unbooted, hostname: 'elsewhere' },
    ]) {
      expect(nodeProcesses.judge(other, Date.now()).state).to.equal('unknown');
    }
  });
});
