/** Runs on a node: CallOnce. `run` gives the value and says whether it ran fn; `watch` gives the ms from the marker's making to when this node sees it. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallOnce } from '../../src/locks/call-once.ts';

const [mode, folder = ''] = process.argv.slice(2);
const fn = (): number => {
  console.log('ran');
  return 5;
};
const once = new CallOnce({ path: folder, name: 'call', fn });
if (mode === 'run') console.log(`value ${await once.ensureDone()}`);
else {
  await mkdir(path.join(folder, '.locks'), { recursive: true });
  await once.isDone();
  await writeFile(path.join(folder, 'watching'), '');
  while (!(await once.isDone())) await sleep(100);
  // By the server's clock: when it was made, and now.
  const { mtimeMs: made } = await stat(once.doneMarker);
  const probe = path.join(folder, 'now');
  await writeFile(probe, '');
  console.log((await stat(probe)).mtimeMs - made);
}
