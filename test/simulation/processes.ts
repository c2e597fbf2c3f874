/** Which processes run an executable: how tests see that none is left. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessSeen {
  readonly pid: number;
  readonly parent: number;
  /** Resident memory, bytes. */
  readonly memory: number;
}

/** The processes, zombies left out, whose command line begins with this executable. */
export function processesOf(executable: string): readonly ProcessSeen[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')[0] !== executable) return [];
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
      return [{ pid: Number(name), parent: field('PPid'), memory: field('VmRSS') * 1024 }];
    } catch {
      return [];
    }
  });
}

/** Waits until none is left. */
export async function untilGone(executable: string): Promise<void> {
  while (processesOf(executable).length > 0) await sleep(10);
}
