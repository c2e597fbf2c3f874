/** Verilator's coverage data: reads what simulations wrote, adds it up, and writes it as one file, as lcov's info file and as percentages. */
import path from 'node:path';

/** `functional` is what Verilator calls user coverage: cover properties. Other kinds keep their own name. */
export type CoverageKind = 'line' | 'toggle' | 'functional' | (string & {});

export interface CoveragePoint {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly kind: CoverageKind;
  /** Whether it is one way out of a branch. */
  readonly isBranch: boolean;
  /** All lines that it covers. */
  readonly lines: readonly number[];
  /** Such as `else`, or a signal's bit and edge. */
  readonly comment: string;
  /** Hits that make it covered. */
  readonly threshold: number;
  readonly count: number;
}

/** How many of the points are covered. */
export interface CoverageCount {
  readonly covered: number;
  readonly total: number;
  /** 0 to 100. */
  readonly percent: number;
}

export interface FileCoverage {
  /** Absolute. */
  readonly file: string;
  /** By kind of coverage. */
  readonly kinds: Readonly<Record<string, CoverageCount>>;
}

const header = '# SystemC::Coverage-3';
const record = /^C '(.*)' (\d+)$/;

/** Adds up the coverage of simulations, of one design or of several. */
export class Coverage {
  /** Counts by the text that describes a point, file names absolute. */
  readonly #counts = new Map<string, number>();

  /**
   * Adds what a simulation wrote. A record that was cut short by the simulation's end is left out.
   *
   * @param folder - What relative file names are relative to: the design's folder.
   * @returns How many records were added.
   */
  add(data: string, folder: string): number {
    let added = 0;
    for (const line of data.split('\n')) {
      const [, description, count] = record.exec(line) ?? [];
      if (description === undefined || count === undefined) continue;
      const key = description.replace(
        /(\x01f\x02)([^\x01]*)/,
        (_, name: string, file: string) => name + path.resolve(folder, file),
      );
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + Number(count));
      added += 1;
    }
    return added;
  }

  /** The points, sorted by file and line. */
  get points(): readonly CoveragePoint[] {
    return [...this.#counts]
      .map(([description, count]) => readPoint(description, count))
      .sort((a, b) => compare(a.file, b.file) || a.line - b.line);
  }

  /** All of it in Verilator's own format, which verilator_coverage reads. */
  toData(): string {
    const records = [...this.#counts].map(([description, count]) => `C '${description}' ${count}`);
    return [header, ...records.sort(compare), ''].join('\n');
  }

  /** An info file of lcov (`man geninfo`): executed lines, and branches and toggles as branches. */
  toLcov(): string {
    return [...groupBy(this.points, ({ file }) => file)].map(([file, points]) => describeFile(file, points)).join('');
  }

  /** Percentages by file and kind. */
  summarize(): readonly FileCoverage[] {
    return [...groupBy(this.points, ({ file }) => file)].map(([file, points]) => ({
      file,
      kinds: Object.fromEntries(
        [...groupBy(points, ({ kind }) => kind)].map(([kind, ofKind]) => [kind, countCovered(ofKind)]),
      ),
    }));
  }
}

/** A table of the percentages, file names relative to a folder. */
export function formatCoverage(summary: readonly FileCoverage[], folder: string): string {
  const kinds = [
    ...new Set(['line', 'toggle', 'functional', ...summary.flatMap(({ kinds: own }) => Object.keys(own))]),
  ];
  const rows = summary.map(({ file, kinds: own }) => [
    path.relative(folder, file),
    ...kinds.map((kind) => describeCount(own[kind])),
  ]);
  const table = [['coverage', ...kinds], ...rows];
  const widths = kinds.map((_, column) => Math.max(...table.map((row) => (row[column + 1] ?? '').length)));
  const first = Math.max(...table.map(([name = '']) => name.length));
  return table
    .map(([name = '', ...cells]) =>
      [name.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i] ?? 0))].join('  '),
    )
    .join('\n');
}

function describeCount(count: CoverageCount | undefined): string {
  return count === undefined ? '-' : `${count.percent.toFixed(1)} % (${count.covered}/${count.total})`;
}

/** The keys are those of verilated_cov_key.h: a byte 1, the key, a byte 2, the value. */
function readPoint(description: string, count: number): CoveragePoint {
  const values = new Map<string, string>();
  for (const pair of description.split('\x01').slice(1)) {
    const [key = '', value = ''] = pair.split('\x02');
    values.set(key, value);
  }
  const line = Number(values.get('l') ?? 0);
  const type = values.get('t') ?? '';
  const isBranch = type === 'branch' || (values.get('page') ?? '').startsWith('v_branch/');
  return {
    file: values.get('f') ?? '',
    line,
    kind: type === 'branch' ? 'line' : type === 'user' ? 'functional' : type,
    isBranch,
    lines: readLines(values.get('S')) ?? [line],
    comment: values.get('o') ?? '',
    threshold: Number(values.get('s') ?? 1),
    count,
  };
}

/** `3-5,9` */
function readLines(text: string | undefined): readonly number[] | undefined {
  if (text === undefined || text === '') return undefined;
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function describeFile(file: string, points: readonly CoveragePoint[]): string {
  const lines = new Map<number, number>();
  const branches = new Map<number, CoveragePoint[]>();
  for (const point of points) {
    if (point.isBranch || point.kind === 'toggle')
      branches.set(point.line, [...(branches.get(point.line) ?? []), point]);
    if (point.kind === 'toggle') continue;
    for (const line of point.lines) lines.set(line, Math.max(lines.get(line) ?? 0, point.count));
  }
  const branchRecords = [...branches].flatMap(([line, ways]) =>
    ways.map(({ count }, index) => `BRDA:${line},0,${index},${count}`),
  );
  const ways = [...branches.values()].flat();
  const executed = [...lines].sort(([a], [b]) => a - b);
  return [
    'TN:mocha_cocotb',
    `SF:${file}`,
    ...branchRecords,
    `BRF:${ways.length}`,
    `BRH:${ways.filter(isCovered).length}`,
    ...executed.map(([line, count]) => `DA:${line},${count}`),
    `LF:${executed.length}`,
    `LH:${executed.filter(([, count]) => count > 0).length}`,
    'end_of_record',
    '',
  ].join('\n');
}

function countCovered(points: readonly CoveragePoint[]): CoverageCount {
  const covered = points.filter(isCovered).length;
  return { covered, total: points.length, percent: (100 * covered) / points.length };
}

function isCovered({ count, threshold }: CoveragePoint): boolean {
  return count >= threshold;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
