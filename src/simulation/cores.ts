/** This worker's share of the node's cores: how many simulations it runs at a time. */
import { availableParallelism } from 'node:os';
import pLimit, { type LimitFunction } from 'p-limit';
import { liveVariables, type Variables } from '../options/variables.ts';

/**
 * How many simulations this process may run at a time: MOCHA_COCOTB_JOBS, else the node's cores divided by the mocha workers
 * (MOCHA_COCOTB_WORKERS, which `mocha-cocotb` sets from `--jobs`), at least 1.
 */
export function shareOfCores(variables: Variables = liveVariables(), cores: number = availableParallelism()): number {
  const own = Number(variables['MOCHA_COCOTB_JOBS']);
  if (Number.isInteger(own) && own >= 1) return own;
  if (variables['MOCHA_WORKER_ID'] === undefined) return cores;
  // mocha's own default number of workers is one less than the cores.
  const workers = Number(variables['MOCHA_COCOTB_WORKERS']) || Math.max(1, cores - 1);
  return Math.max(1, Math.floor(cores / workers));
}

let cores: LimitFunction | undefined;
let places: LimitFunction | undefined;

/** Runs `fn` as soon as one of this process's cores is free; first come, first served. */
export async function withFreeCore<T>(fn: () => Promise<T>): Promise<T> {
  cores ??= pLimit(shareOfCores());
  return cores(fn);
}

/**
 * Runs `fn`, which prepares a simulation, has it run where there is a free core and reads its results, as soon as there is a place for it:
 * more than there are cores, so that the next simulations are ready to start when others end.
 */
export async function withPlace<T>(signal: AbortSignal, fn: () => Promise<T>): Promise<T> {
  places ??= pLimit(3 * shareOfCores() + 1);
  return places(() => {
    signal.throwIfAborted();
    return fn();
  });
}
