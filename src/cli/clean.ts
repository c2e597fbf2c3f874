/** `mocha-cocotb clean`: removes old builds that nobody uses. */
import path from 'node:path';
import type { Command } from 'commander';
import { prune, type PrunedBuild, type PruneOptions } from '../build/prune.ts';
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
    .description('remove builds that were not used for a while; never one that a running simulation uses')
    .option('--sim-build <folder>', 'build folder (default: SIM_BUILD, else sim_build)')
    .option('--older-than <days>', 'remove what was not used for so many days', '14')
    .option('--max-size <MiB>', 'then remove the longest unused until the builds are no larger')
    .option('--all', 'remove every build that is not in use')
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
  const { removed, inUse, remaining } = await prune(simBuild, options);
  for (const build of removed) console.log(`${flags.dryRun === true ? 'would remove' : 'removed'} ${describe(build)}`);
  for (const build of inUse) console.log(`in use, kept ${describe(build)}`);
  const freed = removed.reduce((sum, { size }) => sum + size, 0);
  console.log(`${removed.length} builds, ${inMebibytes(freed)} of ${inMebibytes(freed + remaining)} in ${simBuild}`);
}

function describe({ id, toplevel, simulator, size, age }: PrunedBuild): string {
  return `${toplevel} (${simulator}) ${id}, ${inMebibytes(size)}, not used for ${(age / day).toFixed(1)} days`;
}

function inMebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`;
}
