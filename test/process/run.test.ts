/** Commands run to their end: output, limits, and nothing left of their group. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Command } from '../../src/process/command.ts';
import { CommandNotStarted } from '../../src/process/errors.ts';
import { runCommand } from '../../src/process/run.ts';
import { isRunning, Mark, waitUntil } from './processes.ts';

describe('runCommand', () => {
  let folder: string;
  let mark: Mark;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'run ünïcode '));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    mark = new Mark();
  });

  it('reports exit code, stdout and the tail of both streams', async () => {
    const result = await runCommand(mark.shell('echo out; echo err >&2; exit 3'));
    expect(result).to.include({ exitCode: 3, signal: undefined, timedOut: false, aborted: false, stdout: 'out\n' });
    expect(result.tail.split('\n').sort()).to.deep.equal(['', 'err', 'out']);
  });

  it('reports the signal that ended a command', async () => {
    expect(await runCommand(mark.shell('kill -SEGV $$'))).to.include({ exitCode: undefined, signal: 'SIGSEGV' });
  });

  it('writes stdout and stderr to a log in the order written, replacing an older one', async () => {
    const logFile = path.join(folder, 'ordered.log');
    await writeFile(logFile, 'older\n'.repeat(1000));
    const script = 'i=0; while [ $i -lt 200 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done';
    const result = await runCommand(mark.shell(script), { logFile });
    const expected = Array.from({ length: 200 }, (_, index) => `out ${index}\nerr ${index}\n`).join('');
    expect(await readFile(logFile, 'utf8')).to.equal(expected);
    expect(result.tail).to.equal(expected);
    expect(result.stdout).to.equal('');
  });

  for (const into of ['memory', 'a log']) {
    it(`keeps the last 64 KiB of a long output into ${into}, cut at a whole character`, async () => {
      const script = `i=0; while [ $i -lt 30000 ]; do echo 'äöü€'; i=$((i+1)); done; echo the end`;
      const options = into === 'memory' ? {} : { logFile: path.join(folder, 'long.log') };
      const { tail } = await runCommand(mark.shell(script), options);
      expect(Buffer.byteLength(tail)).to.be.within(64 * 1024 - 4, 64 * 1024);
      expect(tail).to.match(/the end\n$/);
      expect(tail).not.to.include('\ufffd');
    });

    it(`hands on the output as it comes when it goes into ${into}`, async () => {
      const options = into === 'memory' ? {} : { logFile: path.join(folder, 'followed.log') };
      const go = path.join(folder, `go-${into}`);
      const seen: string[] = [];
      // The command ends only after its first line was seen.
      const result = await runCommand(
        {
          ...mark.shell('echo first; until [ -e "$GO" ]; do sleep 0.01; done; echo second'),
          env: { ...mark.env, GO: go },
        },
        {
          ...options,
          onOutput: (text) => {
            seen.push(text);
            if (text.includes('first')) void writeFile(go, '');
          },
        },
      );
      expect(result.exitCode).to.equal(0);
      expect(seen.join('')).to.equal('first\nsecond\n');
    });
  }

  it('gives the input to stdin, and an empty one otherwise', async () => {
    const long = 'x'.repeat(300_000);
    expect((await runCommand(mark.shell('cat'), { input: long })).stdout).to.equal(long);
    expect((await runCommand(mark.shell('cat'))).stdout).to.equal('');
    expect((await runCommand(mark.shell('true'), { input: long })).exitCode).to.equal(0);
  });

  it('passes exactly the given environment and working folder', async () => {
    const command: Command = { argv: ['/usr/bin/env'], cwd: folder, env: { ONLY: 'this' } };
    const names = (await runCommand(command)).stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => name !== 'MOCHA_COCOTB_SPAWN' && name !== '')).to.deep.equal(['ONLY']);
    expect((await runCommand({ argv: ['/bin/pwd'], cwd: folder, env: {} })).stdout).to.equal(`${folder}\n`);
  });

  it('ends the whole group when time is up', async () => {
    const result = await runCommand(mark.shell('sleep 1000 & (sleep 1000; true) & sleep 1000'), { timeout: 200 });
    expect(result).to.include({ timedOut: true, aborted: false, signal: 'SIGTERM' });
    expect(mark.running()).to.deep.equal([]);
  });

  it('lets a group that is told to end write its last words', async () => {
    const script = `trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.01; done`;
    const controller = new AbortController();
    const result = await runCommand(mark.shell(script), {
      signal: controller.signal,
      onOutput: (text) => {
        if (text.includes('ready')) controller.abort();
      },
    });
    expect(result).to.include({ aborted: true, timedOut: false, exitCode: 4, stdout: 'ready\nbye\n' });
  });

  it('kills what ignores SIGTERM, also when the leader has gone already', async () => {
    const script = `(trap '' TERM; echo ready; while :; do sleep 0.1; done) & wait`;
    const controller = new AbortController();
    const result = await runCommand(mark.shell(script), {
      signal: controller.signal,
      onOutput: () => controller.abort(),
    });
    expect(result).to.include({ aborted: true, signal: 'SIGTERM' });
    await mark.waitForRunning(0);
  });

  it('ends a stopped group', async () => {
    const controller = new AbortController();
    const running = runCommand(mark.shell('kill -STOP $$; sleep 1000'), { signal: controller.signal });
    await waitUntil(() => mark.running().length === 1, 'the command');
    controller.abort();
    expect(await running).to.include({ aborted: true });
    expect(mark.running()).to.deep.equal([]);
  });

  it('starts nothing when it is aborted before it begins', async () => {
    const file = path.join(folder, 'started');
    const result = await runCommand(mark.shell(`touch '${file}'`), { signal: AbortSignal.abort() });
    expect(result).to.include({ aborted: true, exitCode: undefined, signal: undefined });
    expect(await readFile(file).catch(() => 'absent')).to.equal('absent');
  });

  it('kills what a command left in its group, and waits for no daemon that left it', async () => {
    const up = path.join(folder, 'daemon is up');
    const script = `sleep 1000 & setsid sh -c 'touch "$UP"; exec sleep 1000' & until [ -e "$UP" ]; do sleep 0.01; done`;
    const result = await runCommand({ ...mark.shell(script), env: { ...mark.env, UP: up } });
    expect(result.exitCode).to.equal(0);
    await mark.waitForRunning(1);
    const [daemon = 0] = mark.running();
    expect(isRunning(daemon)).to.equal(true);
    process.kill(daemon);
  });

  it('limits the memory of every process of the group', async () => {
    const hungry = mark.shell('sh -c "dd if=/dev/zero of=/dev/null bs=512M count=1"');
    expect((await runCommand(hungry)).exitCode).to.equal(0);
    const limited = await runCommand(hungry, { memoryLimit: 256 * 1024 * 1024 });
    expect(limited.exitCode).to.equal(1);
    expect(limited.tail).to.match(/memory exhausted/);
    expect(limited.command).to.equal(hungry);
  });

  describe('throws CommandNotStarted', () => {
    const executable = (name: string, text: string) => async () => {
      const file = path.join(folder, name);
      await writeFile(file, text);
      await chmod(file, 0o755);
    };
    const cases: readonly {
      readonly title: string;
      readonly argv: Command['argv'];
      readonly cwd?: string;
      readonly prepare?: () => Promise<void>;
      readonly reason: CommandNotStarted['reason'];
      readonly says: RegExp;
    }[] = [
      { title: 'for a name not on PATH', argv: ['no-such-tool'], reason: 'missing-executable', says: /not on PATH/ },
      { title: 'for a missing path', argv: ['./no-such-tool'], reason: 'missing-executable', says: /does not exist/ },
      { title: 'for a file without x', argv: ['/etc/passwd'], reason: 'not-executable', says: /chmod \+x/ },
      {
        title: 'for a script whose interpreter is missing',
        argv: ['./script'],
        prepare: executable('script', '#!/no/such/python\n'),
        reason: 'bad-interpreter',
        says: /\/no\/such\/python/,
      },
      {
        title: 'for a missing folder',
        argv: ['true'],
        cwd: '/no/such',
        reason: 'missing-folder',
        says: /working folder/,
      },
      { title: 'for too long a line', argv: ['true', 'x'.repeat(3e6)], reason: 'too-long', says: /30000\d\d bytes/ },
    ];
    for (const { title, argv, cwd, prepare, reason, says } of cases) {
      for (const memoryLimit of [undefined, 2 ** 34]) {
        // The shell that sets the limit would be what is too long.
        if (memoryLimit !== undefined && reason === 'too-long') continue;
        it(`${title}${memoryLimit === undefined ? '' : ', with a memory limit'}`, async () => {
          await prepare?.();
          const command = { argv, cwd: cwd ?? folder, env: { PATH: '/usr/bin:/bin' } };
          const error: unknown = await runCommand(command, memoryLimit === undefined ? {} : { memoryLimit }).catch(
            (thrown: unknown) => thrown,
          );
          expect(error).to.be.instanceOf(CommandNotStarted);
          expect(error).to.include({ code: 'COMMAND_NOT_STARTED', reason });
          expect((error as Error).message).to.match(says);
        });
      }
    }

    it('for a log file that can not be written', async () => {
      const error: unknown = await runCommand(mark.shell('true'), { logFile: '/no/such/log' }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ reason: 'no-log-file', path: '/no/such/log' });
    });
  });
});
