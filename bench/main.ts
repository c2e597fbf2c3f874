/** The benchmark suite: `npm run bench [-- NAME...] [--quick] [--full]`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { check } from './check.ts';
import { locks } from './locks.ts';
import { many } from './many.ts';
import { mid } from './mid.ts';
import { phases } from './phases.ts';
import { describeMachine, toMarkdown, writeReport } from './report.ts';
import { short } from './short.ts';
import { small } from './small.ts';
import { stale } from './stale.ts';
import { start } from './start.ts';
import { prepareTools, type BenchTools } from './tools.ts';
import type { Workload, WorkloadResult } from './workload.ts';

const workloads: readonly Workload[] = [start, short, phases, many, mid, small, stale, check, locks];

interface Flags {
  readonly quick: boolean;
  readonly full: boolean;
  readonly keep: boolean;
}

const program = new Command('npm run bench --')
  .description('Measures this project and its peers side by side; see bench/README.md.')
  .argument('[names...]', `benchmarks: ${workloads.map(({ name }) => name).join(', ')} (default: all)`)
  .option('--quick', 'small sizes, to see that everything works; the figures mean nothing', false)
  .option('--full', 'every peer runs every test, though it takes an hour', false)
  .option('--keep', 'keep the generated projects and say where they are', false)
  .action(run);

await program.parseAsync();

async function run(names: readonly string[], { quick, full, keep }: Flags): Promise<void> {
  const unknown = names.filter((name) => !workloads.some((workload) => workload.name === name));
  if (unknown.length > 0) program.error(`error: no benchmark is called ${unknown.join(' or ')}`);
  const selected = workloads.filter(({ name }) => names.length === 0 || names.includes(name));

  const root = path.join(import.meta.dirname, '..');
  const started = performance.now();
  const progress = (text: string): void => {
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${text}\n`);
  };
  let prepared: Promise<BenchTools> | undefined;
  const tools = (): Promise<BenchTools> => (prepared ??= prepareTools(root, progress));
  const loadBefore = loadavg()[0] ?? 0;
  const base = await mkdtemp(path.join(tmpdir(), 'mocha-cocotb-bench-'));
  const results: [Workload, WorkloadResult][] = [];
  try {
    for (const workload of selected) {
      const folder = path.join(base, workload.name);
      await mkdir(folder);
      const context = { folder, isQuick: quick, isFull: full, root, tools, progress };
      try {
        results.push([workload, await workload.run(context)]);
      } catch (error) {
        // The others' figures are worth having all the same.
        process.exitCode = 1;
        process.stderr.write(
          `${workload.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
      }
    }
  } finally {
    if (keep) progress(`kept ${base}`);
    else await rm(base, { recursive: true, force: true });
  }
  const machine = await describeMachine(root, loadBefore, await prepared);
  const file = await writeReport(path.join(import.meta.dirname, 'results'), machine, results);
  process.stdout.write(`${toMarkdown(machine, results)}\n`);
  progress(`written to ${path.relative('.', file)} and .json`);
}
