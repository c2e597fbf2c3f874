/** Keeps the owner files of held locks fresh from a thread of its own, so that they stay fresh while the event loop is blocked. */
import { Worker } from 'node:worker_threads';

export interface Beat {
  /** The file to touch. */
  readonly file: string;
  /** How often, ms. */
  readonly every: number;
  /** How long a lock is held before the first beat is due, ms. */
  readonly startAfter: number;
  /** Called once when the file is gone. */
  onLost(): void;
}

export interface Heartbeat {
  /** Begins to beat; the returned function ends it. */
  start(beat: Beat): () => void;
}

/**
 * JavaScript of the thread. A string, because it then runs the same from sources and from the built package and loads no TypeScript hooks.
 * `modified` is kept so that it goes on telling since when the lock is held; touching moves `changed`, which the server stamps by its own clock.
 */
const THREAD = `
const { parentPort } = require('node:worker_threads');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
// By number, for Node has no name for ESTALE.
const gone = ['ENOENT', 'ENOTDIR', 'ESTALE'].map((name) => -os.constants.errno[name]);
const timers = new Map();
function touch(beat) {
  beat.modified ??= fs.lstatSync(beat.file).mtimeMs / 1000;
  fs.lutimesSync(beat.file, Date.now() / 1000, beat.modified);
}
function isGone(beat) {
  try {
    touch(beat);
    return false;
  } catch (error) {
    if (!gone.includes(error.errno)) return false;
  }
  // Ask the server again, past the NFS client's cache, before giving the lock up.
  try { fs.closeSync(fs.openSync(path.dirname(beat.file), 'r')); } catch {}
  try {
    touch(beat);
    return false;
  } catch (error) {
    return gone.includes(error.errno);
  }
}
function stop(id) {
  clearInterval(timers.get(id));
  timers.delete(id);
}
parentPort.on('message', (message) => {
  if (message.stop !== undefined) return stop(message.stop);
  const check = () => {
    if (!isGone(message)) return;
    stop(message.id);
    parentPort.postMessage(message.id);
  };
  timers.set(message.id, setInterval(check, message.every));
  check();
});
`;

/** What a timer can do, ms; a heartbeat that is to come later, or never, doesn't come. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Loops that block earlier than this after an acquire are covered only when staleTimeout is short; a thread at once would cost every short lock. */
const LATE_START = 1_000;

/** When to begin beating for a lock with this staleTimeout, ms after its acquisition. */
export function startOfBeat(staleTimeout: number): number {
  return staleTimeout <= 60_000 ? 0 : LATE_START;
}

let worker: Worker | undefined;
let nextId = 1;
const beats = new Map<number, Beat>();

/** One thread a process, started with the first lock that is held for a while; it never keeps the process alive. */
export const workerHeartbeat: Heartbeat = {
  start(beat) {
    if (beat.every > LONGEST_INTERVAL) return () => undefined;
    const id = nextId++;
    const begin = (): void => {
      beats.set(id, beat);
      thread().postMessage({ id, file: beat.file, every: beat.every });
    };
    const timer = beat.startAfter === 0 ? undefined : setTimeout(begin, beat.startAfter).unref();
    if (timer === undefined) begin();
    return () => {
      clearTimeout(timer);
      // From here on the file may go without that being a loss.
      if (beats.delete(id)) worker?.postMessage({ stop: id });
    };
  },
};

function thread(): Worker {
  if (worker !== undefined) return worker;
  const started = new Worker(THREAD, { eval: true, execArgv: [], env: {}, name: 'mocha-cocotb heartbeat' });
  started.on('message', (id: number) => {
    const beat = beats.get(id);
    beats.delete(id);
    beat?.onLost();
  });
  // A thread that dies (out of memory) is replaced when the next lock is taken; until then its locks are judged by age.
  started.on('error', () => (worker = undefined));
  started.unref();
  worker = started;
  return started;
}
