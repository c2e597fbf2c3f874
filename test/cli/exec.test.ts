/** The exec and locks commands, run for real. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const node = [process.execPath, '--import', 'tsx', main] as const;

describe('mocha-cocotb exec', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'exec-'));
    lock = path.join(folder, 'pip.lock');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], input = '') => {
    const [file, ...rest] = node;
    return spawnSync(file, [...rest, ...args], { encoding: 'utf8', input });
  };
  const exec = (command: readonly string[], input?: string) =>
    run(['exec', '--lockfile', lock, '--', ...command], input);

  /** A command under the lock that goes on until its stdin ends; gives it when it has begun. */
  async function begin(command: readonly string[]): Promise<ChildProcess> {
    const [file, ...rest] = node;
    const child = spawn(file, [...rest, 'exec', '--lockfile', lock, '--', ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }

  const untilTold = 'import sys; print("begun", flush=True); sys.stdin.read()';
  const entries = 'import os, sys; print(sorted(e.split(".")[0] for e in os.listdir(sys.argv[1])))';

  it('passes stdio, arguments and the exit code through, and shares the lock', () => {
    const { stdout, stderr, status } = exec(
      ['python3', '-c', `${entries}; print(sys.stdin.read(), file=sys.stderr); sys.exit(7)`, lock, '--timeout', '-x'],
      'input',
    );
    expect(stdout).to.equal("['reader']\n");
    expect(stderr).to.equal('input\n');
    expect(status).to.equal(7);
    expect(fs.existsSync(lock)).to.equal(false);
  });

  it('ends by the signal that ended the command', () => {
    expect(exec(['sh', '-c', 'kill -TERM $$']).signal).to.equal('SIGTERM');
    expect(fs.existsSync(lock)).to.equal(false);
  });

  it('passes SIGTERM on to the command and reports how that ended', async () => {
    const child = await begin([
      'python3',
      '-c',
      `import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); ${untilTold}`,
    ]);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(9);
    expect(fs.existsSync(lock)).to.equal(false);
  });

  it('has pip wait for a Python action, and names that one when the time is up', async () => {
    const action = await begin(['python3', '-c', untilTold]);
    const refused = run(['exec', '--lockfile', lock, '--timeout', '0.005', '--', 'python3', '-m', 'pip', '--version']);
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include(`pid ${action.pid}`);
    const other = exec(['python3', '-c', 'print("beside")']);
    expect(other.stdout).to.equal('beside\n');
    action.stdin?.end();
    await once(action, 'exit');
    expect(exec(['python3', '-m', 'pip', '--version']).stdout).to.match(/^pip /);
  });

  it('lists holders, and breaks only a lock whose holder does not run', async () => {
    const action = await begin(['python3', '-c', untilTold]);
    expect(run(['locks', folder]).stdout)
      .to.include(lock)
      .and.match(new RegExp(`shared +${os.hostname()} pid ${action.pid}[^]*alive[^]*exec --lockfile`));
    const refused = run(['locks', '--break', lock]);
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include(`End pid ${action.pid}`);
    action.kill('SIGKILL');
    action.stdin?.end();
    await once(action, 'exit');
    expect(run(['locks', folder]).stdout).to.include('dead: its process is gone');
    expect(run(['locks', '--break', lock]).status).to.equal(0);
    expect(fs.existsSync(lock)).to.equal(false);
    expect(run(['locks', folder]).stdout).to.include('no locks');
    expect(run(['locks', '--break', lock]).status).to.equal(1);
  });

  it('breaks a lock of pytest-cocotb from another host', () => {
    fs.mkdirSync(lock);
    fs.writeFileSync(
      path.join(lock, 'holder.info'),
      JSON.stringify({ hostname: 'elsewhere', pid: 4120, timestamp: Date.now() / 1000 }),
    );
    expect(run(['locks', folder]).stdout).to.match(/elsewhere pid 4120[^]*can't be told from here: on another host/);
    expect(run(['locks', '--break', lock]).status).to.equal(0);
    expect(fs.existsSync(lock)).to.equal(false);
  });

  it('says what is wrong with its options', () => {
    expect(run(['exec', 'python3']).status).to.equal(2);
    expect(run(['exec', '--lockfile', lock, '--timeout', 'soon', '--', 'true']).status).to.equal(2);
  });
});
