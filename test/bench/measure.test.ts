/** What the bench's measuring program counts. */
import { expect } from 'chai';
import { tmpdir } from 'node:os';
import { CommandFailed, measure } from '../../bench/measure.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const spin = 'import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass';

async function measureShell(script: string): ReturnType<typeof measure> {
  return measure({ argv: ['/bin/sh', '-c', script], cwd: tmpdir(), env });
}

describe('measure', () => {
  it('counts the CPU time of descendants, of orphans that outlive the command, too', async () => {
    const { measurement } = await measureShell(`python3 -c '${spin}'; (python3 -c '${spin}' &)`);
    expect(measurement.cpu).to.be.within(600, 5000);
    expect(measurement.leftRunning).to.equal(0);
  });

  it('sees the memory of the biggest process', async () => {
    const { measurement } = await measureShell(`python3 -c 'x = bytearray(200_000_000)'; true`);
    expect(measurement.peakMemory).to.be.within(200_000_000, 300_000_000);
  });

  it('counts processes and the programs that they were, where the kernel tells', async function () {
    const { measurement } = await measureShell('sleep 0.05; sleep 0.05; sleep --version; (exit 0); true');
    if (measurement.processes === null) this.skip();
    expect(measurement.processes).to.equal(5);
    expect(measurement.programs).to.include({ sleep: 2 });
  });

  it('gives the output, and refuses to measure what failed', async () => {
    const { log } = await measureShell('echo out; echo err >&2');
    expect(log).to.equal('out\nerr\n');
    const failure = await measureShell('echo why; exit 3').catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(CommandFailed)
      .with.property('message')
      .that.includes('Exit code 3')
      .and.includes('why');
  });
});
