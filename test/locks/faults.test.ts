/** What befalls locks, with real processes: kills, stops, blocked loops, strange folders, clocks that are off. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { NFSLockAccess, NFSLockTimeout } from '../../src/locks/errors.ts';
import { nodeProcesses } from '../../src/locks/liveness.ts';
import { NFSLock } from '../../src/locks/nfs-lock.ts';
import type { ContenderTask } from './doubles/contender.ts';
import {
  bundleContender,
  ended,
  findOverlaps,
  journaled,
  kill,
  pythonDouble,
  readJournal,
  startContender,
} from './processes.ts';
import { rejection } from './rejection.ts';

/** LOCK_KILLS raises the rounds of kill and take over. */
const kills = Number(process.env['LOCK_KILLS'] ?? 10);
const hours = 3_600;

describe('locks under faults', () => {
  let folder: string;
  let bundle: string;
  let lockPath: string;
  let journal: string;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'locks-faults-'));
    bundle = await bundleContender(folder);
  });

  beforeEach(() => {
    const place = fs.mkdtempSync(path.join(folder, 'case-'));
    lockPath = path.join(place, 'the.lock');
    journal = path.join(place, 'journal');
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const start = (task: Partial<ContenderTask>) =>
    startContender(bundle, {
      lock: lockPath,
      kind: 'nfs',
      journal,
      name: 'holder',
      rounds: 1,
      hold: 60_000,
      options: {},
      ...task,
    });

  /** A lock folder as another lock, or another node, would have left it. */
  function leave(holder: object, age = 0): void {
    fs.mkdirSync(lockPath);
    const file = path.join(lockPath, 'holder.info');
    fs.writeFileSync(file, JSON.stringify(holder));
    const then = Date.now() / 1000 - age;
    fs.utimesSync(file, then, then);
  }

  const elsewhere = { hostname: 'elsewhere', pid: 4120 };
  const now = (): number => Date.now() / 1000;

  async function expectFree(options: { staleTimeout?: number; timeout?: number } = {}): Promise<void> {
    const lock = new NFSLock(lockPath, { timeout: 20_000, ...options });
    await lock.acquire();
    expect(fs.readdirSync(lockPath)).to.have.lengthOf(2);
    await lock.release();
    expect(fs.existsSync(lockPath)).to.equal(false);
  }

  async function expectHeld(options: { staleTimeout?: number } = {}): Promise<void> {
    expect(await rejection(new NFSLock(lockPath, { timeout: 400, ...options }).acquire())).to.be.instanceOf(
      NFSLockTimeout,
    );
  }

  it(`goes on after each of ${kills} kills of the holder`, async () => {
    for (let round = 0; round < kills; round++) {
      const name = `holder${round}`;
      const child = start({ name, rounds: 1_000, hold: 1 });
      await journaled(journal, (line) => line.name === name && line.what === 'enter');
      await sleep(Math.random() * 20);
      await kill(child);
      await expectFree();
    }
  });

  it('takes the lock of a stopped holder after staleTimeout; the holder learns of it and harms nobody', async () => {
    const options = { staleTimeout: 800, heartbeatInterval: 100 };
    const child = start({ hold: 3_000, options });
    await journaled(journal, ({ what }) => what === 'enter');
    child.kill('SIGSTOP');
    const lock = new NFSLock(lockPath, { ...options, timeout: 20_000 });
    await lock.acquire();
    child.kill('SIGCONT');
    await journaled(journal, ({ what }) => what === 'done');
    expect(readJournal(journal).map(({ what }) => what)).to.include.members(['lost', 'failed:NFSLockLost']);
    expect(lock.held).to.equal(true);
    expect(await lock.isStillHeld()).to.equal(true);
    await lock.release();
    expect(fs.existsSync(lockPath)).to.equal(false);
  });

  it('leaves the lock with a holder whose event loop is blocked for longer than staleTimeout', async () => {
    const options = { staleTimeout: 800, heartbeatInterval: 100 };
    start({ hold: 2_500, blocks: true, options });
    await journaled(journal, ({ what }) => what === 'enter');
    await new NFSLock(lockPath, { ...options, timeout: 20_000 }).use(() => undefined);
    const released = await journaled(journal, ({ what }) => what === 'released' || what.startsWith('failed'));
    expect(released.what).to.equal('released');
  });

  describe('by the holder’s process', () => {
    it('takes the lock of a process that is gone', async () => {
      const { pid } = spawnSync('true');
      leave({ hostname: os.hostname(), pid, timestamp: now() });
      await expectFree({ timeout: 1_000 });
    });

    it('leaves the lock with a Python holder that runs, however old its lock is', async () => {
      leave({ hostname: os.hostname(), pid: process.ppid, timestamp: now() }, 5 * hours);
      await expectHeld();
    });

    it('takes the lock of a pid that is another process now', async () => {
      const child = spawn('sleep', ['60']);
      await once(child, 'spawn');
      leave({ hostname: os.hostname(), pid: child.pid, timestamp: now() - hours }, hours);
      await expectFree({ timeout: 1_000 });
      await kill(child);
    });

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
      expect(nodeProcesses.judge({ hostname: os.hostname(), pid, timestamp: now() }, Date.now()).state).to.equal(
        'dead',
      );
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

  describe('by clocks', () => {
    for (const [skew, words] of [
      [-3 * hours, '3 h behind'],
      [3 * hours, '3 h ahead'],
    ] as const) {
      it(`leaves a fresh lock with a holder whose clock is ${words}`, async () => {
        leave({ ...elsewhere, timestamp: now() + skew });
        await expectHeld();
      });

      it(`takes a lock that has grown old from a holder whose clock is ${words}`, async () => {
        leave({ ...elsewhere, timestamp: now() - 5 * hours + skew }, 5 * hours);
        await expectFree({ timeout: 2_000 });
      });

      it(`takes the lock of a dead holder whose clock was ${words} after staleTimeout, not hours later`, async () => {
        leave({ ...elsewhere, timestamp: now() + skew });
        await expectFree({ staleTimeout: 500 });
      });
    }

    it('takes the lock of a holder elsewhere whose heartbeat stands still, and not before', async () => {
      fs.mkdirSync(lockPath);
      const owner = path.join(lockPath, 'owner.0123');
      fs.symlinkSync(JSON.stringify({ ...elsewhere, timestamp: now(), heartbeat: 100 }), owner);
      const beating = setInterval(() => fs.lutimesSync(owner, now() + 3 * hours, now() + 3 * hours), 50);
      await expectHeld({ staleTimeout: 300 });
      clearInterval(beating);
      await expectFree({ staleTimeout: 300 });
    });
  });

  describe('by what is in the folder', () => {
    const written = (content: string | Buffer | object) => (lock: string) => {
      fs.mkdirSync(lock);
      fs.writeFileSync(
        path.join(lock, 'holder.info'),
        typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
      );
    };
    /** What is there, how to make it, and the staleTimeout after which it is free if it isn't so after a short grace. */
    const odd: readonly (readonly [what: string, make: (lock: string) => void, staleTimeout?: number])[] = [
      ['an empty holder.info', written('')],
      ['NULs in holder.info', written('\0\0\0\0')],
      ['half a record', written('{"hostname": "elsewhere", "pi')],
      ['garbage', written(Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x7b]))],
      ['[]', written('[]')],
      ['{}', written('{}')],
      ['null', written('null')],
      ['10 MB', written(Buffer.alloc(10_000_000, 'x'))],
      ['nothing, as a crash after mkdir leaves it', (lock) => fs.mkdirSync(lock)],
      [
        'a holder.info that is a folder',
        (lock) => fs.mkdirSync(path.join(lock, 'holder.info', 'deep'), { recursive: true }),
      ],
      ['a pid that is a string', written({ hostname: os.hostname(), pid: '4120', timestamp: 1 }), 600],
      ['a pid of 2^70', written({ hostname: os.hostname(), pid: 2 ** 70, timestamp: 1 }), 600],
      ['a negative pid', written({ hostname: os.hostname(), pid: -1, timestamp: 1 }), 600],
      ['a timestamp that is null', written({ ...elsewhere, timestamp: null }), 600],
      ['a host name that is a number', written({ hostname: 7, pid: 4120 }), 600],
      [
        'an owner file that is no link',
        (lock) => {
          fs.mkdirSync(lock);
          fs.writeFileSync(path.join(lock, 'owner.beef'), 'not a link');
        },
        600,
      ],
    ];
    /** They only wait, so they wait together. */
    let outcomes: Promise<void>[] = [];

    before(() => {
      outcomes = odd.map(([, make, staleTimeout]) => {
        const lock = path.join(fs.mkdtempSync(path.join(folder, 'odd-')), 'the.lock');
        make(lock);
        return isHeldThenFree(lock, staleTimeout);
      });
      for (const outcome of outcomes) outcome.catch(() => undefined);
    });

    for (const [index, [what, , staleTimeout]] of odd.entries()) {
      const when = staleTimeout === undefined ? 'a short grace' : 'staleTimeout';
      it(`takes a lock with ${what} after ${when}, not at once`, () => outcomes[index]);
    }

    async function isHeldThenFree(lock: string, staleTimeout = 7_200_000): Promise<void> {
      expect(await rejection(new NFSLock(lock, { staleTimeout, timeout: 300 }).acquire())).to.be.instanceOf(
        NFSLockTimeout,
      );
      const taken = new NFSLock(lock, { staleTimeout, timeout: 20_000 });
      await taken.acquire();
      expect(fs.readdirSync(lock)).to.include('holder.info');
      await taken.release();
      if (fs.existsSync(lock)) expect.fail(`left behind: ${fs.readdirSync(lock).join()}`);
    }

    it('takes a lock whose holder.info is a link, and leaves alone what that points to', async () => {
      const precious = path.join(path.dirname(lockPath), 'precious');
      fs.writeFileSync(precious, 'precious');
      fs.mkdirSync(lockPath);
      fs.symlinkSync(precious, path.join(lockPath, 'holder.info'));
      await expectFree();
      expect(fs.readFileSync(precious, 'utf8')).to.equal('precious');
    });
  });

  describe('by its place', () => {
    it('tells a holder whose parent folder was removed that it lost the lock', async () => {
      const place = path.join(folder, 'to be removed');
      fs.mkdirSync(place);
      const lock = new NFSLock(path.join(place, 'x.lock'), { staleTimeout: 1_000, heartbeatInterval: 20 });
      await lock.acquire();
      const lost = once(lock.lost, 'abort');
      fs.rmSync(place, { recursive: true });
      await lost;
      expect(await rejection(lock.release())).to.have.property('code', 'LOCK_LOST');
    });

    it('leaves nothing behind when the disk is full', async function () {
      if (process.getuid?.() !== 0) {
        // Without root no file system can be mounted; a quota of open files or sizes does not stop mkdir.
        console.log('      needs root to mount a small tmpfs: run this test as root');
        this.skip();
      }
      const place = fs.mkdtempSync(path.join(folder, 'full-'));
      // Room for the root and one folder, none for what goes into it.
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=3', 'tmpfs', place]).status).to.equal(0);
      try {
        const lock = new NFSLock(path.join(place, 'x.lock'), { timeout: 1_000 });
        const error = await rejection(lock.acquire());
        expect(error).to.be.instanceOf(NFSLockAccess);
        expect((error as Error).message).to.match(/ENOSPC[^]*Free space/);
        expect(fs.readdirSync(place)).to.deep.equal([]);
      } finally {
        spawnSync('umount', [place]);
      }
    });
  });

  describe('with the Python lock', () => {
    const python = (name: string, rounds: number) =>
      spawn('python3', [pythonDouble, lockPath, journal, name, String(rounds), '0.003'], { stdio: 'inherit' });

    it('excludes it and is excluded by it', async () => {
      const children = [
        python('python', 40),
        start({ name: 'node0', rounds: 40, hold: 3 }),
        start({ name: 'node1', rounds: 40, hold: 3 }),
      ];
      await Promise.all(children.map(ended));
      const lines = readJournal(journal);
      expect(lines.filter(({ what }) => what === 'enter')).to.have.lengthOf(120);
      expect(findOverlaps(lines)).to.deep.equal([]);
      expect(fs.existsSync(lockPath)).to.equal(false);
    });

    it('is not broken by it while its holder lives, and takes over after it was killed', async () => {
      const child = python('python', 1_000_000);
      await journaled(journal, ({ what }) => what === 'enter');
      await kill(child);
      await expectFree();
    });

    it('leaves a lock of a killed holder to the next waiter even when the Python lock has removed holder.info', async () => {
      const child = start({});
      await journaled(journal, ({ what }) => what === 'enter');
      await kill(child);
      fs.unlinkSync(path.join(lockPath, 'holder.info'));
      await expectFree({ timeout: 1_000 });
    });
  });
});
