/** `mocha-cocotb clean`: removes old builds, runs and compiled runtimes that nobody uses. */
import path from 'node:path';
import type { Command } from 'commander';
import { prune, type PrunedBuild, type PruneOptions } from '../build/prune.ts';
import type { PrunedFolder } from '../build/prune-beside.ts';
import { defaultSimBuild } from '../options/sim-build.ts';
import { readVariables } from '../options/variables.ts';

interface CleanFlags {
  readonly simBuild?: string;
  readonly olderThan: string;
  readonly maxSize?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

const day = 86_400_000;
const mebibyte = 1 << 20;

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('clean')
    .description(
      'remove builds, folders of runs and compiled runtimes that were not used for a while; never what a live run uses',
    )
    .option('--sim-build <folder>', 'build folder (default: SIM_BUILD, else sim_build)')
    .option('--older-than <days>', 'remove what was not used for so many days', '14')
    .option('--max-size <MiB>', 'then remove the longest unused until the builds are no larger')
    .option('--all', 'remove all that is not in use')
    .option('--dry-run', 'only say what would be removed')
    .action(clean);
}

async function clean(flags: CleanFlags, command: Command): Promise<void> {
  const simBuild = path.resolve(flags.simBuild ?? defaultSimBuild(readVariables()));
  const number = (name: string, text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0)) command.error(`error: option --${name} takes a number >= 0, not ${text}`);
    return value;
  };
  const options: PruneOptions = {
    maxAge: flags.all === true ? 0 : number('older-than', flags.olderThan) * day,
    ...(flags.maxSize === undefined ? {} : { maxSize: number('max-size', flags.maxSize) * mebibyte }),
    dryRun: flags.dryRun === true,
  };
  const { removed, inUse, remaining, runs, runtimes } = await prune(simBuild, options);
  const done = flags.dryRun === true ? 'would remove' : 'removed';
  for (const build of removed) console.log(`${done} ${describe(build)}`);
  for (const build of inUse) console.log(`in use, kept ${describe(build)}`);
  if (runs.length > 0) console.log(`${done} folders of runs: ${sum(runs)}`);
  if (runtimes.length > 0) console.log(`${done} compiled runtimes: ${sum(runtimes)}`);
  const freed = sizeOf(removed);
  console.log(`${removed.length} builds, ${inMebibytes(freed)} of ${inMebibytes(freed + remaining)} in ${simBuild}`);
}

function describe({ id, toplevel, simulator, size, age }: PrunedBuild): string {
  return `${toplevel} (${simulator}) ${id}, ${inMebibytes(size)}, not used for ${(age / day).toFixed(1)} days`;
}

function sum(folders: readonly PrunedFolder[]): string {
  return `${folders.length}, ${inMebibytes(sizeOf(folders))}`;
}

function sizeOf(folders: readonly { readonly size: number }[]): number {
  return folders.reduce((total, { size }) => total + size, 0);
}

function inMebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`;
}
