/** Ends every process group of ours when this process ends, however it ends: an exit handler, and a guard process for SIGKILL. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import process from 'node:process';
import { guardScript, spawnVariable } from './guard-script.ts';

/** What stands between a process and its being left running. */
export interface Guarded {
  /** Ends the watch; may be called twice. */
  release(): void;
}

/** A process that is about to be started: known to the guard before it exists. */
export interface Announcement {
  /** Variables that the process must be started with; by them the guard finds it if this process dies before `started`. */
  readonly env: Readonly<Record<string, string>>;
  /** Tells the guard the process's id. */
  started(pid: number): Guarded;
  /** The process was not started. */
  cancel(): void;
}

/** What `kill` takes: a process id, or a process group's as a negative number. */
type Target = number;

const targets = new Set<Target>();
/** Lines that the guard has not been sent yet. */
const untold: string[] = [];
let guard: ChildProcess | undefined;
let isExitHooked = false;
let announced = 0;
const prefix = randomBytes(9).toString('hex');

/**
 * Announces a process before it is started, so that it is found even if this process is killed between the
 * start and the moment its id is known.
 *
 * @param leader - whether the process will lead a process group, all of which is to end
 */
export function announce(leader: boolean): Announcement {
  const token = `${prefix}.${++announced}.`;
  tell(`? ${token}`);
  return {
    env: { [spawnVariable]: token },
    started: (pid) => watchTarget(leader ? -pid : pid, `! ${token}`),
    cancel: () => tell(`! ${token}`),
  };
}

/** Has a process group that another process started killed when this process ends, until released. */
export function watchGroup(pgid: number): Guarded {
  targets.add(-pgid);
  // At once: this process may be killed in this turn of the event loop.
  tell(`+ ${-pgid}`);
  return watched(-pgid);
}

function watchTarget(target: Target, ...more: readonly string[]): Guarded {
  targets.add(target);
  tell(`+ ${target}`, ...more);
  return watched(target);
}

function watched(target: Target): Guarded {
  return {
    release: () => {
      if (targets.delete(target)) tellSoon(`- ${target}`);
    },
  };
}

function tell(...lines: readonly string[]): void {
  untold.push(...lines);
  flush();
}

/** Tells it of a release together with what else this turn of the event loop brings: to wake the guard costs more than all it does. */
function tellSoon(line: string): void {
  guard ??= startGuard();
  if (untold.push(line) === 1) setImmediate(flush);
}

function flush(): void {
  if (untold.length === 0) return;
  guard ??= startGuard();
  guard.stdin?.write(`${untold.splice(0).join('\n')}\n`);
}

function startGuard(): ChildProcess {
  if (!isExitHooked) process.on('exit', killWatched);
  isExitHooked = true;
  // In a session of its own, so that Ctrl-C and a closing terminal reach only us, not the one who cleans up behind us.
  const child = spawn('/bin/sh', ['-c', guardScript], {
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('exit', () => {
    // Somebody killed the guard: another one takes over what is still running.
    guard = undefined;
    untold.length = 0;
    if (targets.size > 0) tell(...[...targets].map((target) => `+ ${target}`));
  });
  const ignore = () => {
    // A guard that can't be started or written to: its exit event, or the handler of our own exit, does what is left to do.
  };
  child.once('error', ignore);
  child.stdin.on('error', ignore);
  // Neither the guard nor its pipe keeps this process alive.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
}

function killWatched(): void {
  for (const target of targets) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}
