/** Signals to a whole process group, and ending one in order. */
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchedTargets } from './guard.ts';

/** How long a group that was told to end (SIGTERM) may take before it is killed, ms. */
export const endGrace = 2000;

/** Sends a signal to every process of a group; false when there is none left. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  return signalTarget(-pgid, signal);
}

/** Ends a group: SIGTERM, up to `endGrace` ms for it to go, SIGKILL for what is left. */
export async function endGroup(pgid: number): Promise<void> {
  await endTarget(-pgid);
}

/** Ends everything that this process has running, as `endGroup` does; for a handler of SIGINT or SIGTERM. */
export async function endAllCommands(): Promise<void> {
  await Promise.all(watchedTargets().map(endTarget));
}

async function endTarget(target: number): Promise<void> {
  const deadline = performance.now() + endGrace;
  // A stopped process sees SIGTERM only when it goes on.
  signalTarget(target, 'SIGTERM');
  signalTarget(target, 'SIGCONT');
  for (let pause = 1; performance.now() < deadline; pause = Math.min(pause * 2, 50)) {
    if (!(await isAlive(target))) return;
    await sleep(pause);
  }
  signalTarget(target, 'SIGKILL');
}

/** Whether a process other than a zombie is left; a container's init may reap orphans late or never. */
async function isAlive(target: number): Promise<boolean> {
  if (!signalTarget(target, 0)) return false;
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  if (pids.length === 0) return true;
  const states = await Promise.all(pids.map((pid) => readState(pid)));
  return states.some(
    (state) => state?.isRunning === true && (target < 0 ? state.group === -target : state.pid === target),
  );
}

async function readState(pid: string): Promise<{ pid: number; group: number; isRunning: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // pid (name, which may hold anything) state parent group
  const [state, , group] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  if (state === undefined) return undefined;
  return { pid: Number(pid), group: Number(group), isRunning: state !== 'Z' && state !== 'X' };
}

function signalTarget(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
