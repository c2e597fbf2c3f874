/** How much of the node this process, and a compile, may use. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

let cores: number | undefined;

/** Cores that this process may use: its affinity, and its cgroup's quota where there is one. Found out once. */
export function availableCores(): number {
  return (cores ??= withinQuota(os.availableParallelism(), readQuota('/sys/fs/cgroup/cpu.max')));
}

/** Of these cores, how many a quota leaves: cores' worth of time, undefined for no limit. */
export function withinQuota(cores: number, quota: number | undefined): number {
  return quota === undefined ? cores : Math.max(1, Math.min(cores, Math.ceil(quota)));
}

/** Default memory limit of each process of a compile: three quarters of what the node or the cgroup has, bytes. */
export function defaultMemoryLimit(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) * 0.75);
}

/** What a cgroup's cpu.max allows, in cores' worth of time; undefined when there is no such file, or no limit in it. */
export function readQuota(file: string): number | undefined {
  try {
    const [quota, period] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
  } catch {
    return undefined;
  }
}
