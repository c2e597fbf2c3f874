/** Counts what a piece of code asks the file system for: each is one request of Node to the system. */
import { createHook } from 'node:async_hooks';

const requests = new Set(['FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLECLOSEREQ']);

export async function countFileOperations(run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hook = createHook({ init: (_, type) => (requests.has(type) ? count++ : count) });
  hook.enable();
  try {
    await run();
  } finally {
    hook.disable();
  }
  return count;
}
