/** A small design that reads every kind of file, built by real simulators behind wrappers that count. */
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DesignOptions } from '../../src/options/design.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import type { Variables } from '../../src/options/variables.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import { findOnPath } from '../../src/python/places.ts';
import { simulatorFor } from '../../src/simulators/registry.ts';
import { Digests } from '../../src/build/digests.ts';
import { ensurePublished, type Ensured } from '../../src/build/ensure.ts';
import { layoutOf } from '../../src/build/layout.ts';
import { makeRequest } from '../../src/build/request.ts';
import { findTools } from '../../src/build/toolchain.ts';

/** What a mutation can change. */
export interface Situation {
  design: DesignOptions;
  variables: Variables;
  python: PythonEnvironment;
}

export type Simulated = 'verilator' | 'icarus';

/** How much of a compile is real: `whole`, or all of the simulator and of its dependency output but no executable. */
export type Depth = 'whole' | 'front-end';

const files: Readonly<Record<string, string>> = {
  'top.v': `\`include "width.vh"
module top (input clk, output reg [\`WIDTH-1:0] q);
  parameter STEP = 1;
  reg [7:0] rom [0:1];
  initial $readmemh("rom.hex", rom);
  helper a (); cell_from_file b (); cell_from_folder c ();
\`ifdef VERILATOR
  import "DPI-C" function int twice(input int value);
  initial $display("%0d", twice(1));
\`endif
  always @(posedge clk) begin
    q <= q + STEP;
    if (q === 8'hxx) $error("not reset");
    \`ifdef VERILATOR
    assert (q != 77);
    \`endif
  end
endmodule
`,
  'other.v': 'module other; endmodule\n',
  'include/width.vh': '`include "nested.vh"\n',
  'include/nested.vh': '`define WIDTH 8\n',
  'list.f': '// helpers\nhelper.v\n-v cells.v\n-y early -y late\n+libext+.v\n',
  'helper.v': 'module helper; endmodule\n',
  'cells.v': 'module cell_from_file; endmodule\n',
  'late/cell_from_folder.v': 'module cell_from_folder; endmodule\n',
  'early/readme': '',
  'first/readme': '',
  'rom.hex': '00 01\n',
  'waiver.vlt': '`verilator_config\nlint_off -rule UNUSED -file "*none.v"\n',
  'twice.cpp': '#include "factor.h"\nextern "C" int twice(int value) { return FACTOR * value; }\n',
  'factor.h': '#define FACTOR 2\n',
  'arguments.f': '+define+FROM_ARGUMENTS\n',
  notes: 'what no tool reports\n',
};

/** The design in a folder, and the counting programs in front of the real ones on PATH. */
export class MutatedDesign {
  readonly folder: string;
  readonly #simulator: Simulated;
  readonly #programs: string;

  constructor(folder: string, simulator: Simulated, depth: Depth) {
    this.folder = path.join(folder, 'design');
    this.#simulator = simulator;
    this.#programs = path.join(folder, 'programs');
    mkdirSync(this.#programs, { recursive: true });
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    writeFileSync(path.join(folder, 'compiles'), '');
    this.#depth = depth;
  }

  readonly #depth: Depth;

  /** What is built before anything is changed. */
  situation(python: PythonEnvironment, variables: Variables): Situation {
    const isVerilator = this.#simulator === 'verilator';
    return {
      python,
      variables: { ...variables, PATH: `${this.#programs}:${variables['PATH'] ?? ''}` },
      design: {
        toplevel: 'top',
        simulator: this.#simulator,
        cwd: this.folder,
        simBuild: 'sim_build',
        sources: ['top.v', 'other.v', ...(isVerilator ? ['waiver.vlt', 'twice.cpp'] : [])],
        filelists: ['list.f'],
        includes: ['first', 'include'],
        dependencies: ['notes'],
        buildArgs: isVerilator ? ['-Wno-fatal', '-f', 'arguments.f'] : ['-f', 'arguments.f'],
      },
    };
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, content: string): void {
    mkdirSync(path.dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** How often a simulator's compiler was started for more than its version. */
  compiles(): number {
    return readFileSync(path.join(this.folder, '../compiles'), 'utf8').split('\n').length - 1;
  }

  /** Puts a counting program on PATH; `version` replaces what it says of itself. */
  wrap(
    name: string,
    real: readonly string[],
    options: { readonly version?: string; readonly body?: string } = {},
  ): void {
    const command = real.map((word) => `'${word}'`).join(' ');
    const answer = options.version === undefined ? `exec ${command} "$@"` : `echo '${options.version}'; exit`;
    const body = options.body ?? `exec ${command} "$@"`;
    const script = path.join(this.#programs, name);
    writeFileSync(script, `#!/bin/sh\ncase " $* " in *" --version "*|*" -V "*) ${answer};; esac\n${body}\n`);
    chmodSync(script, 0o755);
  }

  /** The wrappers of this simulator's programs, as they are before anything is changed. */
  install(python: PythonEnvironment, variables: Variables): void {
    const count = `echo $$ >> ${path.join(this.folder, '../compiles')}`;
    const onPath = (name: string): string => realpathSync(findOnPath(name, variables) ?? `/missing/${name}`);
    if (this.#simulator === 'icarus') {
      this.wrap('iverilog', [onPath('iverilog')], { body: `${count}\nexec ${onPath('iverilog')} "$@"` });
      return;
    }
    const root = python.verilator?.root ?? '';
    const verilator = ['env', `VERILATOR_ROOT=${root}`, 'perl', path.join(root, 'bin/verilator')];
    this.wrap('verilator', verilator, {
      version: `Verilator 5.048 2026-01-01`,
      body: `${count}\nexec ${verilator.join(' ')} "$@"`,
    });
    this.wrap('c++', [onPath('c++')]);
    // Instead of an executable: the compiler's dependency output of the design's own C++, and empty products.
    const frontEnd = `case "$*" in
  *build.mk*) c++ -MM -MF twice.d ${this.path('twice.cpp')} && touch main.d ../Vtop;;
  *) touch flags.mk verilated.o verilated_vpi.o runtime.h.gch;;
esac`;
    this.wrap('make', [onPath('make')], this.#depth === 'whole' ? {} : { body: frontEnd });
  }

  async build({ design, variables, python }: Situation, run: string): Promise<Ensured> {
    const resolved = resolveDesign(design, variables);
    const simulator = simulatorFor(resolved);
    const { cwd } = resolved;
    const tools = await findTools(simulator.toolQuestions(resolved, python, variables), {
      variables,
      cwd,
      cacheFolder: path.join(this.folder, '../cache'),
    });
    const layout = layoutOf(resolved.simBuild);
    const trace = resolved.waves === true;
    const request = makeRequest({
      design: resolved,
      simulator,
      python,
      tools,
      trace,
      variables,
      layout,
      salt: undefined,
    });
    const digests = new Digests(layout, cwd);
    return ensurePublished(request, { layout, digests, run, signal: new AbortController().signal });
  }
}
