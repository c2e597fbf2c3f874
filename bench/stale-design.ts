/** A design with every kind of input, as each contender wants it described, and the changes that are made to it. */
import { appendFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Simulated = 'icarus' | 'verilator';

/** A design in words that every contender's driver understands. */
export interface StaleDesign {
  readonly toplevel: string;
  readonly defines: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly includes: readonly string[];
  readonly args: readonly string[];
  readonly timescale: readonly [string, string];
  readonly waves: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

/** One thing that a build is made of, and how it is changed and changed back. */
export interface Change {
  readonly input: string;
  readonly on?: Simulated;
  readonly edit?: string;
  readonly create?: readonly [file: string, content: string];
  readonly set?: Partial<StaleDesign>;
  /** A program that says it is of another version. */
  readonly program?: string;
}

export const changes: readonly Change[] = [
  { input: 'source', edit: 'top.v' },
  { input: 'included file', edit: 'include/width.vh' },
  { input: 'file that it includes', edit: 'include/nested.vh' },
  { input: 'source named in a filelist', edit: 'helper.v', on: 'icarus' },
  { input: 'new file earlier on the include path', create: ['first/nested.vh', '`define WIDTH 4\n'] },
  { input: 'header of a C++ source', edit: 'factor.h', on: 'verilator' },
  { input: 'define', set: { defines: { FAST: '1' } } },
  { input: 'parameter', set: { parameters: { STEP: 2 } } },
  { input: 'argument', set: { args: ['-DEXTRA'] } },
  { input: 'timescale', set: { timescale: ['1us', '1ns'] }, on: 'icarus' },
  { input: 'waves', set: { waves: true }, on: 'icarus' },
  { input: 'toplevel', set: { toplevel: 'other' }, on: 'icarus' },
  { input: 'CXXFLAGS', set: { variables: { CXXFLAGS: '-DFAST' } }, on: 'verilator' },
  { input: 'version of the simulator', program: 'iverilog', on: 'icarus' },
  { input: 'version of the C++ compiler', program: 'c++', on: 'verilator' },
];

const files: Readonly<Record<string, string>> = {
  'top.v': `\`include "width.vh"
module top (input clk, output reg [\`WIDTH-1:0] q);
  parameter STEP = 1;
\`ifdef VERILATOR
  import "DPI-C" function int twice(input int value);
  initial $display("%0d", twice(1));
\`else
  helper a ();
\`endif
\`ifdef FAST
  initial $display("fast");
\`endif
\`ifdef EXTRA
  initial $display("extra");
\`endif
  always @(posedge clk) q <= q + STEP;
endmodule
`,
  'other.v': 'module other; endmodule\n',
  'include/width.vh': '`include "nested.vh"\n',
  'include/nested.vh': '`define WIDTH 8\n',
  'list.f': 'helper.v\n',
  'helper.v': 'module helper; endmodule\n',
  'first/readme': '',
  'twice.cpp': '#include "factor.h"\nextern "C" int twice(int value) { return FACTOR * value; }\n',
  'factor.h': '#define FACTOR 2\n',
};

export async function writeDesign(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** The design before anything is changed. */
export const initialDesign: StaleDesign = {
  toplevel: 'top',
  defines: {},
  parameters: {},
  includes: ['first', 'include'],
  args: [],
  timescale: ['1ns', '1ps'],
  waves: false,
  variables: {},
};

/** For `build()` of cocotb's runner, which takes paths relative to anything only if they are absolute. */
export function forRunner(design: StaleDesign, simulator: Simulated, folder: string): Record<string, unknown> {
  const absolute = (name: string): string => path.join(folder, name);
  return {
    simulator,
    hdl_toplevel: design.toplevel,
    sources: verilogSources.map(absolute),
    includes: design.includes.map(absolute),
    defines: design.defines,
    parameters: design.parameters,
    // The runner has no filelists, and takes C++ as an argument of Verilator.
    build_args: [
      ...commonArgs(simulator),
      ...design.args,
      ...(simulator === 'icarus' ? ['-f', absolute('runner.f')] : [absolute('twice.cpp')]),
    ],
    timescale: design.timescale,
    waves: design.waves,
  };
}

/** For `defineDesign` of this project. */
export function forOurs(design: StaleDesign, simulator: Simulated, folder: string): Record<string, unknown> {
  return {
    simulator,
    cwd: folder,
    toplevel: design.toplevel,
    sources: [...verilogSources, ...(simulator === 'verilator' ? ['twice.cpp'] : [])],
    ...(simulator === 'icarus' ? { filelists: ['list.f'] } : {}),
    includes: design.includes,
    defines: design.defines,
    parameters: design.parameters,
    buildArgs: [...commonArgs(simulator), ...design.args],
    timescale: design.timescale,
    waves: design.waves,
  };
}

const verilogSources = ['top.v', 'other.v'];

function commonArgs(simulator: Simulated): readonly string[] {
  return simulator === 'verilator' ? ['-Wno-fatal'] : [];
}

/** Makes a change to the files; gives what takes it back. Modification times move on either way, as with an editor. */
export async function makeChange(folder: string, { edit, create, program }: Change): Promise<() => Promise<void>> {
  if (edit !== undefined) {
    const file = path.join(folder, edit);
    const content = await readFile(file);
    // What is generated from it changes, too.
    await appendFile(file, edit === 'factor.h' ? '#undef FACTOR\n#define FACTOR 3\n' : extraContent(edit));
    return () => writeFile(file, content);
  }
  if (create !== undefined) {
    const file = path.join(folder, create[0]);
    await writeFile(file, create[1]);
    return () => rm(file);
  }
  if (program !== undefined) {
    const file = path.join(folder, 'programs', program);
    const content = await readFile(file, 'utf8');
    await writeFile(file, content.replace('version=\n', 'version=99.1\n'));
    return () => writeFile(file, content);
  }
  return async () => undefined;
}

/** Touches what a change edited. */
export async function touch(folder: string, { edit }: Change): Promise<void> {
  if (edit !== undefined) await utimes(path.join(folder, edit), new Date(), new Date());
}

function extraContent(file: string): string {
  return file.endsWith('.vh')
    ? '`undef WIDTH\n`define WIDTH 5\n'
    : 'module extra_' + path.parse(file).name + '; endmodule\n';
}
