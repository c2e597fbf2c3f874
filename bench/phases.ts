/** What a short simulation's time is made of: start, import, test, end. */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { entrantOf, runTests } from './compare.ts';
import type { Contender } from './contender.ts';
import { counterProject } from './designs/counter.ts';
import { median } from './median.ts';
import { ours } from './ours.ts';
import { serialPeers } from './peers/list.ts';
import type { Project } from './project.ts';
import type { BenchContext, Cell, Workload } from './workload.ts';

/** Times of one simulation, ns of the machine's monotonic clock. */
interface Marks {
  readonly fork: number;
  readonly imported: number;
  readonly begin: number;
  readonly end: number;
  readonly exit: number;
}

export const phases: Workload = {
  name: 'phases',
  title: 'What a short simulation is made of',
  async run(context) {
    const count = context.isQuick ? 5 : 30;
    const contenders = [
      ours({ isolation: 'test', launch: 'auto' }),
      ours({ isolation: 'test', launch: 'cold' }),
      ...serialPeers,
    ];
    const measured: { readonly name: string; readonly marks: readonly Marks[] }[] = [];
    for (const contender of contenders) {
      context.progress(`phases: ${contender.name}`);
      measured.push({ name: contender.name, marks: await marksOf(contender, count, context) });
    }
    return {
      tables: [
        {
          title: `Medians of ${count} simulations, MOCHA_COCOTB_JOBS=1, ms`,
          columns: [
            '',
            'start of the process',
            'import and set-up',
            'test',
            'end of the process',
            'process',
            'from test to test',
          ],
          rows: measured.map(({ name, marks }) => rowOf(name, marks)),
          notes: [
            'One at a time, but where simulations are short mocha-cocotb lets one more begin.',
            'Start: from the fork to the import of the test module; set-up: to the first line of the test; end: from its last line to the exit.',
            'From test to test: between the ends of processes that follow one another, so with what the host does in between.',
          ],
        },
      ],
      data: measured,
    };
  },
};

async function marksOf(contender: Contender, count: number, context: BenchContext): Promise<readonly Marks[]> {
  const tools = await context.tools();
  const { folder } = await entrantOf(contender, (testsPerModule) => markedProject(count, testsPerModule), context);
  const file = path.join(folder, 'marks');
  const marked: Contender = {
    ...contender,
    command: (...args) => {
      const command = contender.command(...args);
      return { ...command, env: { ...command.env, BENCH_MARKS: file, MOCHA_COCOTB_JOBS: '1' } };
    },
  };
  const selection = { first: 0, count };
  await runTests({ contender: marked, folder }, selection, tools);
  await rm(file);
  const { lifetimes } = await runTests({ contender: marked, folder }, selection, tools);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.flatMap((line) => {
    const [pid = 0, imported = 0, begin = 0, end = 0] = line.split(' ').map(Number);
    const lifetime = lifetimes?.[pid];
    return lifetime ? [{ fork: lifetime[0], imported, begin, end, exit: lifetime[1] }] : [];
  });
}

function markedProject(count: number, testsPerModule: number): Project {
  const project = counterProject(count, testsPerModule);
  return { ...project, files: { ...project.files, 'counting.py': markedHelper } };
}

function rowOf(name: string, marks: readonly Marks[]): readonly Cell[] {
  const spans: ((mark: Marks) => number)[] = [
    ({ fork, imported }) => imported - fork,
    ({ imported, begin }) => begin - imported,
    ({ begin, end }) => end - begin,
    ({ end, exit }) => exit - end,
    ({ fork, exit }) => exit - fork,
  ];
  const exits = marks.map(({ exit }) => exit).toSorted((a, b) => a - b);
  const periods = exits.slice(1).map((exit, index) => exit - (exits[index] ?? NaN));
  return [name, ...[...spans.map((span) => marks.map(span)), periods].map(inMilliseconds)];
}

function inMilliseconds(values: readonly number[]): Cell {
  return values.length === 0 ? null : median(values) / 1e6;
}

const markedHelper = `import os
import time

_imported = time.monotonic_ns()

from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge


async def count_cycles(dut, cycles):
    begin = time.monotonic_ns()
    dut.rst.value = 1
    dut.enable.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.enable.value = 1
    for _ in range(cycles):
        await FallingEdge(dut.clk)
    assert dut.count.value == cycles % 256
    with open(os.environ["BENCH_MARKS"], "a") as file:
        file.write(f"{os.getpid()} {_imported} {begin} {time.monotonic_ns()}\\n")
`;
