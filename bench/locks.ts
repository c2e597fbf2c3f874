/** Locks: what they cost, how fast they change hands, and what waiting does to the file server. */
import { setMaxListeners } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { NFSLock } from '../src/locks/nfs-lock.ts';
import { nodeSystem, type LockSystem } from '../src/locks/system.ts';
import type { LockTask } from './locks-contender.ts';
import type { Cell, Table, Workload } from './workload.ts';

/** A lock under test: how one process contends for it. */
interface Contestant {
  readonly name: string;
  readonly command: (task: Omit<LockTask, 'kind'>) => readonly string[];
}

const pythonLock = path.join(import.meta.dirname, '../test/locks/doubles/python_nfs_lock.py');
const CONTENDERS = 4;
const HOLD = 5;
const WAITERS = 50;

export const locks: Workload = {
  name: 'locks',
  title: 'Locks',
  async run({ folder, isQuick, progress }) {
    const bundle = path.join(folder, 'contender.mjs');
    const entry = path.join(import.meta.dirname, 'locks-contender.ts');
    // proper-lockfile is CommonJS and asks for Node's modules at run time.
    const banner = {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    };
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: bundle, banner });
    const ours = (kind: LockTask['kind']) => (task: Omit<LockTask, 'kind'>) => [
      process.execPath,
      bundle,
      JSON.stringify({ ...task, kind }),
    ];
    const python = { name: 'Python NFSLock', command: pythonCommand };
    const proper = { name: 'proper-lockfile', command: ours('proper-lockfile') };
    const nfs = { name: 'NFSLock', command: ours('nfs') };
    const alone: readonly Contestant[] = [
      nfs,
      { name: 'SharedNFSLock, shared', command: ours('shared') },
      { name: 'SharedNFSLock, exclusive', command: ours('exclusive') },
      { name: 'CallOnce, done', command: ours('call-once') },
      proper,
      python,
    ];
    progress('locks: file operations');
    const costs: Cost[] = [];
    for (const contestant of alone) costs.push(await measureCost(contestant, folder));
    const handoffs: Handoff[] = [];
    for (const contestant of [nfs, proper, python]) {
      progress(`locks: hand-off of ${contestant.name}`);
      handoffs.push(await measureHandoff(contestant, folder, isQuick ? 20 : 100));
    }
    progress(`locks: ${WAITERS} waiters`);
    const storms = await measureStorms(folder, isQuick ? 1_000 : 10_000);
    return {
      data: { costs, handoffs, storms },
      tables: [costTable(costs), handoffTable(handoffs), stormTable(storms)],
    };
  },
};

function pythonCommand({ lock, journal = '/dev/null', name, rounds, hold }: Omit<LockTask, 'kind'>): readonly string[] {
  return ['python3', pythonLock, lock, journal, name, String(rounds), String(hold / 1000)];
}

interface Cost {
  readonly name: string;
  /** System calls on the lock's files, by name, for one acquire and release. */
  readonly calls: Readonly<Record<string, number>>;
}

/** The difference between many rounds and few leaves what one round costs. */
async function measureCost({ name, command }: Contestant, folder: string): Promise<Cost> {
  const count = async (rounds: number): Promise<Map<string, number>> => {
    const lock = path.join(folder, `cost ${name}`, 'lock');
    await mkdir(path.dirname(lock), { recursive: true });
    const trace = path.join(folder, `trace ${name} ${rounds}`);
    const [file = '', ...args] = command({ lock, journal: undefined, name: 'x', rounds, hold: 0 });
    // -y shows the path behind each descriptor.
    await execa('strace', ['-f', '-y', '-qq', '-e', 'trace=%file,%desc', '-o', trace, file, ...args]);
    const calls = new Map<string, number>();
    for (const line of (await readFile(trace, 'utf8')).split('\n')) {
      const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
      if (call !== undefined && line.includes(path.dirname(lock)) && !line.includes('execve'))
        calls.set(call, (calls.get(call) ?? 0) + 1);
    }
    return calls;
  };
  // The first time is another matter for CallOnce.
  await count(1);
  const [few, many] = [await count(2), await count(22)];
  const calls = [...many].map(([call, total]) => [call, Math.round((total - (few.get(call) ?? 0)) / 2) / 10] as const);
  return { name, calls: Object.fromEntries(calls.filter(([, each]) => each > 0)) };
}

/** What goes to an NFS server; the rest is answered by the client (fstat, the end of a listing, ioctl, lseek). */
const toServer: Readonly<Record<string, string>> = {
  mkdir: 'MKDIR',
  symlink: 'SYMLINK',
  openat: 'OPEN, CREATE or the check of a folder',
  write: 'WRITE',
  read: 'READ',
  pread64: 'READ',
  unlink: 'REMOVE',
  rmdir: 'RMDIR',
  rename: 'RENAME',
  utimensat: 'SETATTR',
  utime: 'SETATTR',
  utimes: 'SETATTR',
  stat: 'GETATTR',
  lstat: 'GETATTR',
  statx: 'GETATTR',
  readlink: 'READLINK',
  fsync: 'COMMIT',
};

function costTable(costs: readonly Cost[]): Table {
  const sum = (calls: Cost['calls'], isCounted: (call: string) => boolean): number =>
    Object.entries(calls).reduce((total, [call, each]) => (isCounted(call) ? total + each : total), 0);
  return {
    title: 'One acquire and release that nobody else wants: system calls on the files of the lock (strace)',
    columns: ['lock', 'requests to a server', 'system calls', 'which'],
    rows: costs.map(({ name, calls }) => [
      name,
      sum(calls, (call) => call in toServer),
      sum(calls, () => true),
      Object.entries(calls)
        .map(([call, each]) => `${each} ${call}`)
        .join(', '),
    ]),
    notes: [
      'Requests: without close, which NFS 3 does not have, fstat of an open file, and the further calls of one listing. NFS 4 sends a CLOSE for each file.',
    ],
  };
}

interface Handoff {
  readonly name: string;
  /** From one holder's release to the next one's entry, ms, in order. */
  readonly latencies: readonly number[];
  /** From wanting to having, ms, in order. */
  readonly waits: readonly number[];
}

async function measureHandoff({ name, command }: Contestant, folder: string, rounds: number): Promise<Handoff> {
  const place = path.join(folder, `handoff ${name}`);
  await mkdir(place);
  const journal = path.join(place, 'journal');
  await Promise.all(
    Array.from({ length: CONTENDERS }, (_, index) => {
      const [file = '', ...args] = command({
        lock: path.join(place, 'lock'),
        journal,
        name: `c${index}`,
        rounds,
        hold: HOLD,
      });
      return execa(file, args);
    }),
  );
  const lines = (await readFile(journal, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([what = '', who = '', at = '0']) => ({ what, who, at: Number(BigInt(at) / 1000n) / 1000 }));
  const latencies: number[] = [];
  const waits: number[] = [];
  const wanted = new Map<string, number>();
  let left: { who: string; at: number } | undefined;
  for (const { what, who, at } of lines) {
    if (what === 'want') wanted.set(who, at);
    else if (what === 'leave') left = { who, at };
    else {
      waits.push(at - (wanted.get(who) ?? at));
      // One that takes it again itself hands nothing over.
      if (left !== undefined && left.who !== who) latencies.push(at - left.at);
    }
  }
  return { name, latencies: sorted(latencies), waits: sorted(waits) };
}

function handoffTable(handoffs: readonly Handoff[]): Table {
  return {
    title: `${CONTENDERS} processes that each hold for ${HOLD} ms and want it again at once, ms`,
    columns: ['lock', 'hand-off p50', 'hand-off p99', 'wait p50', 'wait p99', 'longest wait'],
    rows: handoffs.map(({ name, latencies, waits }) => [
      name,
      at(latencies, 0.5),
      at(latencies, 0.99),
      at(waits, 0.5),
      at(waits, 0.99),
      at(waits, 1),
    ]),
    notes: ['Hand-off: from the end of one hold to the begin of the next by another process.'],
  };
}

interface Storm {
  readonly name: string;
  readonly operations: number;
  /** From the release to the first waiter inside, ms. */
  readonly handoff: number;
}

/** Waiters of one process, each as if it were a process of its own, and a holder that holds for so long, ms. */
async function measureStorms(folder: string, hold: number): Promise<readonly Storm[]> {
  const measure = async (name: string, pace: number | undefined): Promise<Storm> => {
    const lock = path.join(folder, `storm ${name}`);
    let operations = 0;
    const system = (): LockSystem => ({
      ...nodeSystem,
      held: new Map(),
      yielded: new Map(),
      fileSystem: counted(() => operations++),
      clock: { ...nodeSystem.clock, sleep: (ms, signal) => nodeSystem.clock.sleep(pace ?? ms, signal) },
      notice: () => undefined,
    });
    const holder = new NFSLock(lock);
    await holder.acquire();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    let released = 0;
    let entered: number | undefined;
    const waiters = Array.from({ length: WAITERS }, () =>
      new NFSLock(lock, { signal: stop.signal }, system())
        .use(() => {
          entered ??= performance.now();
          stop.abort();
        })
        .catch(() => undefined),
    );
    await nodeSystem.clock.sleep(hold);
    const during = operations;
    released = performance.now();
    await holder.release();
    await Promise.all(waiters);
    return { name, operations: during, handoff: (entered ?? released) - released };
  };
  return [await measure('every 4 ms', 4), await measure('every 100 ms', 100), await measure('with backoff', undefined)];
}

/** The file system, with each operation counted. */
function counted(count: () => void): LockSystem['fileSystem'] {
  return new Proxy(nodeSystem.fileSystem, {
    get(target, name, receiver) {
      count();
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

function stormTable(storms: readonly Storm[]): Table {
  return {
    title: `${WAITERS} waiters during one hold`,
    columns: ['waiters look', 'file operations', 'hand-off, ms'],
    rows: storms.map(({ name, operations, handoff }): readonly Cell[] => [name, operations, handoff]),
    notes: ['The first two are the same lock with its backoff switched off.'],
  };
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const at = (values: readonly number[], share: number): number | null =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? null;
