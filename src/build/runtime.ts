/** The part of a simulator that is the same for every design, compiled once for all of them. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { existsUncached } from '../filesystem/uncached.ts';
import { NFSLock } from '../locks/nfs-lock.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { keepFailedLog, makeStaging, runPlan, type CompileEnd, type CompileOptions } from './compile.ts';
import { logName, type Layout } from './layout.ts';
import { availableCores } from './limits.ts';
import { publishFolder } from './publish.ts';
import type { BuildRequest } from './request.ts';
import { registerUse, runtimeUse, waitForPrune } from './registered-uses.ts';

/** The folder of the compiled runtime, if the simulator has one that can be shared; or how its compile failed. */
export type Runtime =
  | { readonly state: 'ready'; readonly folder: string | undefined }
  | (Extract<CompileEnd, { state: 'failed' }> & { readonly logFile: string });

/**
 * Compiles the runtime unless it is there. Two that want it at once: one compiles, the other waits. Pruning leaves it alone
 * until this process ends.
 */
export async function ensureRuntime(request: BuildRequest, layout: Layout, options: CompileOptions): Promise<Runtime> {
  const { runtime } = request;
  if (runtime === undefined) return { state: 'ready', folder: undefined };
  const ready = { state: 'ready', folder: runtime.folder } as const;
  const key = path.basename(runtime.folder);
  registerUse(layout, runtimeUse(key));
  await waitForPrune(layout, options.signal);
  if (await existsUncached(runtime.folder)) return ready;
  for (const folder of [layout.runtime, layout.locks]) mkdirSync(folder, { recursive: true });
  const lock = new NFSLock(path.join(layout.locks, `runtime-${key}.lock`), {
    timeout: request.design.lockTimeout,
    staleTimeout: OWN_STALE_TIMEOUT,
    signal: options.signal,
  });
  return lock.use(async (): Promise<Runtime> => {
    if (await existsUncached(runtime.folder)) return ready;
    const staging = makeStaging(layout, key);
    try {
      const plan = runtime.plan({ staging, jobs: availableCores() });
      const signal = AbortSignal.any([options.signal, lock.lost]);
      const end = await runPlan(plan, staging, request, { ...options, signal });
      if (end.state === 'failed') return { ...end, logFile: keepFailedLog(layout, key, path.join(staging, logName)) };
      publishFolder(staging, runtime.folder);
      return ready;
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  });
}
