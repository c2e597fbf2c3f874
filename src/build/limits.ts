/** How much of the node a compile may use. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Cores that this process may use: its affinity, and its cgroup's quota where there is one. */
export function availableCores(): number {
  const cores = os.availableParallelism();
  const quota = readQuota();
  return quota === undefined ? cores : Math.max(1, Math.min(cores, Math.ceil(quota)));
}

/** Default memory limit of each process of a compile: three quarters of what the node or the cgroup has, bytes. */
export function defaultMemoryLimit(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) * 0.75);
}

function readQuota(): number | undefined {
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').trim().split(' ').map(Number);
    return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
  } catch {
    return undefined;
  }
}
