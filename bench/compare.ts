/** Runs one step of a workload by each contender and makes its table. */
import path from 'node:path';
import { compilesOf, cppFilesOf, measure, type Measured, type Measurement } from './measure.ts';
import type { Contender, Selection } from './contender.ts';
import { writeProject, type Project } from './project.ts';
import type { BenchTools } from './tools.ts';
import { formatFigure } from './report.ts';
import type { Cell, Table, BenchContext } from './workload.ts';

/** One line of a comparison. */
export interface Entry {
  readonly name: string;
  readonly kind: 'ours' | 'peer' | 'floor';
  /** Whether it is what peers are compared with. */
  readonly isReference: boolean;
  /** Tests (or simulations) run. */
  readonly tests: number;
  readonly measurement: Measurement;
}

/** What is measured of all contenders alike. */
export interface Step {
  readonly title: string;
  readonly entries: Entry[];
  /** What a reader must know to judge the figures. */
  readonly notes?: string[];
}

/** A contender and the folder of its project. */
export interface Entrant {
  readonly contender: Contender;
  readonly folder: string;
}

/** Makes a project of a contender's own, with its driver. */
export async function entrantOf(
  contender: Contender,
  makeProject: (testsPerModule: number) => Project,
  context: BenchContext,
): Promise<Entrant> {
  const folder = path.join(context.folder, contender.name.replace(/\W+/g, '-'));
  await writeProject(makeProject(contender.wantsModulePerTest ? 1 : 25), folder);
  await contender.prepare(folder, await context.tools());
  return { contender, folder };
}

/**
 * Measures one command of one contender.
 *
 * @throws CommandFailed, or an Error when not exactly the selected tests passed.
 */
export async function enter(
  { contender, folder }: Entrant,
  selection: Selection,
  { tools, progress }: BenchContext,
  step: string,
): Promise<Entry> {
  progress(`${step}: ${contender.name}`);
  const { measurement } = await runTests({ contender, folder }, selection, await tools());
  return {
    name: contender.name,
    kind: contender.kind,
    isReference: contender.isReference,
    tests: selection.count,
    measurement,
  };
}

/**
 * Runs one command of one contender.
 *
 * @throws CommandFailed, or an Error when not exactly the selected tests passed.
 */
export async function runTests(
  { contender, folder }: Entrant,
  selection: Selection,
  tools: BenchTools,
): Promise<Measured> {
  const measured = await measure(contender.command(folder, tools, selection));
  const passed = contender.countPassed(measured.log);
  if (passed !== selection.count) {
    throw new Error(`${contender.name}: ${passed} of ${selection.count} tests passed.\n${measured.log.slice(-4000)}`);
  }
  return measured;
}

/** The fastest peer for each test; undefined without peers. */
export function bestPeer(entries: readonly Entry[]): Entry | undefined {
  return entries
    .filter(({ kind }) => kind === 'peer')
    .reduce<Entry | undefined>((best, entry) => (best && perTest(best) <= perTest(entry) ? best : entry), undefined);
}

/** Wall time for each test, ms. */
function perTest({ measurement, tests }: Entry): number {
  return measurement.wall / tests;
}

/** A table with a line for each entry; the last column says how many times as long it takes as this project. */
export function tableOf({ title, entries, notes = [] }: Step): Table {
  const reference = entries.find(({ isReference }) => isReference);
  const best = bestPeer(entries);
  const rows = entries.map((entry): readonly Cell[] => {
    const { measurement, tests } = entry;
    const times = reference && perTest(entry) / perTest(reference);
    return [
      entry === best ? `**${entry.name}** (best peer)` : entry.name,
      tests,
      measurement.wall / 1000,
      perTest(entry),
      measurement.cpu / 1000,
      measurement.peakMemory / 2 ** 20,
      compilesOf(measurement),
      cppFilesOf(measurement),
      measurement.processes,
      times === undefined ? null : `${formatFigure(times)}x`,
    ];
  });
  const left = entries.filter(({ measurement }) => measurement.leftRunning > 0);
  return {
    title,
    columns: [
      '',
      'tests',
      'wall, s',
      'wall a test, ms',
      'CPU, s',
      'peak memory, MiB',
      'Verilator runs',
      'C++ compiles',
      'processes',
      'wall a test / ours',
    ],
    rows,
    notes: [
      ...(reference && best
        ? [
            `${reference.name} is ${formatFigure(perTest(best) / perTest(reference))} times as fast as the best peer, ${best.name}.`,
          ]
        : []),
      ...notes,
      ...left.map(({ name, measurement }) => `${name} left ${measurement.leftRunning} processes running.`),
    ],
  };
}
