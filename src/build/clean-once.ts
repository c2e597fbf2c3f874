/** The option clean: removes a design's builds before it is built. */
import { CallOnce } from '../locks/call-once.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { digestOf, type Layout } from './layout.ts';
import { prune } from './prune.ts';
import type { BuildRequest } from './request.ts';
import { forgetEarlierRuns } from './registered-uses.ts';

/** Removes the design's builds, once a run: what one worker has just built, the next one must not remove. */
export async function cleanOnce(
  { key, design }: BuildRequest,
  layout: Layout,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const once = new CallOnce<'done' | 'aborted'>({
    path: layout.calls,
    name: `clean-${digestOf(key, run)}`,
    timeout: design.lockTimeout,
    staleTimeout: OWN_STALE_TIMEOUT,
    signal,
    fn: async () => {
      forgetEarlierRuns(run);
      try {
        await prune(layout.root, { maxAge: 0, filter: (manifest) => manifest.request === key, signal });
        return 'done';
      } catch (error) {
        // That one process of a run gives up is no failure of the others.
        if (signal.aborted) return 'aborted';
        throw error;
      }
    },
  });
  while ((await once.ensureDone()) === 'aborted') {
    signal.throwIfAborted();
    await once.clean();
  }
}
