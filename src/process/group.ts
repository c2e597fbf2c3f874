/** Signals to a whole process group, and ending one in order. */
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a group that was told to end (SIGTERM) may take before it is killed, ms. */
export const endGrace = 2000;

/** Sends a signal to every process of a group; false when there is none left. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ends a group: SIGTERM, up to `endGrace` ms for it to go, SIGKILL for what is left. */
export async function endGroup(pgid: number): Promise<void> {
  const deadline = performance.now() + endGrace;
  // A stopped process sees SIGTERM only when it goes on.
  signalGroup(pgid, 'SIGTERM');
  signalGroup(pgid, 'SIGCONT');
  for (let pause = 2; performance.now() < deadline; pause = Math.min(pause * 2, 200)) {
    if (!(await isAlive(pgid))) return;
    await sleep(pause);
  }
  signalGroup(pgid, 'SIGKILL');
}

/** Whether a process other than a zombie is left; a container's init may reap orphans late or never. */
async function isAlive(pgid: number): Promise<boolean> {
  if (!signalGroup(pgid, 0)) return false;
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  if (pids.length === 0) return true;
  const isMember = await Promise.all(pids.map((pid) => isRunningIn(pgid, pid)));
  return isMember.includes(true);
}

async function isRunningIn(pgid: number, pid: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // pid (name, which may hold anything) state parent group
  const [state, , group] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  return Number(group) === pgid && state !== 'Z' && state !== 'X';
}
