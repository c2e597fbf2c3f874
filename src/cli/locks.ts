/** `mocha-cocotb locks`: who holds which lock, and the way to break one. */
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { breakLock, findLocks, type FoundLock, type LockEntry } from '../locks/inspect.ts';

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('locks')
    .description('list the locks below a folder with their holders, or break one')
    .argument('[folder]', 'where to look', '.')
    .option('--break <path>', 'break this lock; refused while its holder is known to run')
    .action(run);
}

async function run(folder: string, flags: { readonly break?: string }): Promise<void> {
  if (flags.break !== undefined) {
    const broken = await breakLock(path.resolve(flags.break));
    if (broken === undefined) {
      console.error(`No lock at ${flags.break}`);
      process.exitCode = 1;
    } else console.log(`broke ${formatLock(broken)}`);
    return;
  }
  const locks = await findLocks(folder);
  console.log(locks.length === 0 ? `no locks below ${path.resolve(folder)}` : locks.map(formatLock).join('\n'));
}

function formatLock({ path: lockPath, entries }: FoundLock): string {
  const holders =
    entries.length === 0
      ? ['  no owner: being taken or released this moment, or left by a crash (then free in 2 s)']
      : entries.map(formatEntry);
  return [lockPath, ...holders].join('\n');
}

function formatEntry({ access, holder, liveness, since, lastSign }: LockEntry): string {
  const who = `${holder.hostname ?? 'unknown host'} pid ${holder.pid ?? 'unknown'}`;
  const times = Number.isFinite(since)
    ? `since ${new Date(since).toISOString()}, last sign of life ${new Date(lastSign).toISOString()}`
    : 'since when is unknown';
  const state =
    liveness.state === 'unknown' ? `can't be told from here: ${liveness.why}` : `${liveness.state}: ${liveness.why}`;
  return `  ${access}  ${who}  ${times}\n    ${state}${holder.command === undefined ? '' : `\n    ${holder.command}`}`;
}
