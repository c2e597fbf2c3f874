/** Nothing outlives the process that started it, however it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import { childrenOf, isRunning, Mark, waitUntil } from './processes.ts';
import type { VictimJob } from './victim.ts';

/** Rounds of killing a process that starts commands all the time; more for a longer proof. */
const rounds = Number(process.env['KILL_ROUNDS'] ?? 6);

/** Grandchildren, one of which ignores SIGTERM. */
const tree = `sleep 1000 & (trap '' TERM; echo ready; while :; do sleep 0.1; done) & wait`;

describe('What a process started', function () {
  this.timeout(120_000);
  let mark: Mark;

  beforeEach(() => {
    mark = new Mark();
  });
  afterEach(() => {
    for (const pid of mark.running()) process.kill(pid, 'SIGKILL');
  });

  const ways: readonly {
    readonly title: string;
    readonly start: VictimJob['start'];
    readonly end: VictimJob['end'];
    readonly signal?: NodeJS.Signals;
  }[] = [
    { title: 'ends when that exits', start: 'run', end: 'exit' },
    { title: 'ends when that dies of an uncaught error', start: 'start', end: 'throw' },
    { title: 'ends when that gets SIGINT and has no handler', start: 'run', end: 'idle', signal: 'SIGINT' },
    { title: 'ends when that gets SIGTERM and has no handler', start: 'start', end: 'idle', signal: 'SIGTERM' },
    { title: 'ends when that is killed', start: 'run', end: 'idle', signal: 'SIGKILL' },
    { title: 'ends when that is killed, long-lived', start: 'start', end: 'idle', signal: 'SIGKILL' },
    { title: 'ends when that is killed between the start and knowing the id', start: 'window', end: 'kill-itself' },
    { title: 'ends when that is killed, in a group that another started', start: 'guarded-group', end: 'kill-itself' },
  ];
  for (const { title, start, end, signal } of ways) {
    it(title, async () => {
      const victim = await startVictim({ start, end, script: tree, mark: mark.value });
      if (signal !== undefined) {
        expect(mark.running().length).to.be.greaterThan(1);
        victim.kill(signal);
      }
      const [code, endSignal] = await ended(victim);
      if (signal !== undefined) expect(endSignal).to.equal(signal);
      else if (end !== 'kill-itself') expect(code).to.equal(end === 'exit' ? 0 : 1);
      await mark.waitForRunning(0);
    });
  }

  it('ends when that is killed although its guard was killed before', async () => {
    const victim = await startVictim({ start: 'run', end: 'idle', script: tree, mark: mark.value });
    const guards = () => childrenOf(victim.pid ?? 0).filter(({ commandLine }) => commandLine.includes('watched='));
    const [first] = guards();
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await waitUntil(() => guards().some(({ pid }) => pid !== first?.pid), 'another guard');
    victim.kill('SIGKILL');
    await mark.waitForRunning(0);
  });

  it(`ends when that is killed at any moment of starting commands (${rounds} rounds)`, async () => {
    for (let round = 0; round < rounds; round++) {
      const victim = await startVictim({ start: 'many', end: 'idle', script: 'sleep 0.02; true', mark: mark.value });
      const starts = new Set<number>();
      // Some number of commands later, which is another moment in each round.
      await waitUntil(() => {
        for (const pid of mark.running()) starts.add(pid);
        return starts.size > 5 + round * 3;
      }, 'commands');
      victim.kill('SIGKILL');
      await ended(victim);
      await mark.waitForRunning(0);
    }
  });

  it('leaves no guard behind', async () => {
    const victim = await startVictim({ start: 'run', end: 'idle', script: tree, mark: mark.value });
    const [guard] = childrenOf(victim.pid ?? 0).filter(({ commandLine }) => commandLine.includes('watched='));
    expect(guard).not.to.equal(undefined);
    victim.kill('SIGKILL');
    await waitUntil(() => !isRunning(guard?.pid ?? 0), 'the end of the guard');
  });
});

describe('runInherited', function () {
  this.timeout(60_000);
  let mark: Mark;

  beforeEach(() => {
    mark = new Mark();
  });

  it('passes stdin, stdout, stderr and the exit code', async () => {
    const victim = victimProcess({
      start: 'inherited',
      end: 'pass-on',
      script: 'cat; echo err >&2; exit 7',
      mark: mark.value,
    });
    victim.stdin?.end('hallo\n');
    const { stdout, stderr } = await outputOf(victim);
    expect(stdout).to.equal('hallo\n{"exitCode":7}\n');
    expect(stderr).to.equal('err\n');
  });

  it('passes SIGTERM on and waits for the command', async () => {
    const script = `trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done`;
    const victim = await startVictim({ start: 'inherited', end: 'pass-on', script, mark: mark.value });
    const output = outputOf(victim);
    victim.kill('SIGTERM');
    expect((await output).stdout).to.match(/bye\n\{"exitCode":5\}\n$/);
  });

  it('leaves SIGINT to the command, which has had it from the terminal', async () => {
    const script = `echo ready; read -r line; exit 6`;
    const victim = await startVictim({ start: 'inherited', end: 'pass-on', script, mark: mark.value });
    const output = outputOf(victim);
    victim.kill('SIGINT');
    victim.stdin?.end('go on\n');
    expect((await output).stdout).to.match(/\{"exitCode":6\}\n$/);
  });

  it('reports the signal that ended the command', async () => {
    const victim = victimProcess({ start: 'inherited', end: 'pass-on', script: 'kill -SEGV $$', mark: mark.value });
    expect((await outputOf(victim)).stdout).to.equal('{"signal":"SIGSEGV"}\n');
  });

  it('does not let the command outlive a killed process', async () => {
    const script = 'echo ready; exec sleep 1000';
    const victim = await startVictim({ start: 'inherited', end: 'pass-on', script, mark: mark.value });
    victim.kill('SIGKILL');
    await mark.waitForRunning(0);
  });
});

function victimProcess(job: VictimJob): ChildProcess {
  const script = path.join(import.meta.dirname, 'victim.ts');
  return spawn(process.execPath, ['--import=tsx', script, JSON.stringify(job)], { stdio: 'pipe' });
}

/** A victim whose command is up. */
async function startVictim(job: VictimJob): Promise<ChildProcess> {
  const victim = victimProcess(job);
  if (victim.stdout) await once(victim.stdout, 'data');
  return victim;
}

async function ended(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

async function outputOf(child: ChildProcess): Promise<{ readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (piece) => (stdout += String(piece)));
  child.stderr?.on('data', (piece) => (stderr += String(piece)));
  await once(child, 'close');
  return { stdout, stderr };
}
