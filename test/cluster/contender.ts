/** Runs on a node: takes a lock again and again, and tells the witness. Arguments: kind, lock, seconds, hold in ms, staleTimeout in ms, witness's port. */
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { NFSLock } from '../../src/locks/nfs-lock.ts';
import { SharedNFSLock } from '../../src/locks/shared-nfs-lock.ts';

const [kind = '', lockPath = '', seconds, hold, staleTimeout, port] = process.argv.slice(2);
const options = { staleTimeout: Number(staleTimeout) };
// The host, as QEMU's user network has it.
const socket = net.connect(Number(port), '10.0.2.2').setNoDelay(true);
await once(socket, 'connect');
const answers = createInterface({ input: socket })[Symbol.asyncIterator]();

async function tell(what: string, ...rest: readonly string[]): Promise<void> {
  socket.write(`${[what, kind, `${os.hostname()}.${process.pid}`, ...rest].join(' ')}\n`);
  await answers.next();
}

async function work(): Promise<void> {
  await tell('enter');
  await sleep(Number(hold));
  await tell('leave');
}

async function takeTurn(): Promise<void> {
  if (kind === 'nfs') await new NFSLock(lockPath, options).use(work);
  else if (kind === 'shared') await new SharedNFSLock(lockPath, options).shared(work);
  else await new SharedNFSLock(lockPath, options).exclusive(work);
}

const end = performance.now() + Number(seconds) * 1000;
try {
  while (performance.now() < end) await takeTurn();
  await tell('done');
} catch (error) {
  await tell('failed', JSON.stringify(String(error)));
}
socket.end();
