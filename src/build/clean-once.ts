/** The option clean: removes a design's builds before it is built. */
import { CallOnce } from '../locks/call-once.ts';
import { digestOf, type Layout } from './layout.ts';
import { prune } from './prune.ts';
import type { BuildRequest } from './request.ts';
import { forgetEarlierRuns } from './registered-uses.ts';

/** Removes the design's builds, once a run: what one worker has just built, the next one must not remove. */
export async function cleanOnce({ key, design }: BuildRequest, layout: Layout, run: string): Promise<void> {
  const once = new CallOnce({
    path: layout.calls,
    name: `clean-${digestOf(key, run)}`,
    timeout: design.lockTimeout,
    fn: async () => {
      forgetEarlierRuns(run);
      await prune(layout.root, { maxAge: 0, filter: (manifest) => manifest.request === key });
      return null;
    },
  });
  await once.ensureDone();
}
