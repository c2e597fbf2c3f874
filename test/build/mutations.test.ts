/** Every input of a build changed, touched and changed back, with the real simulators. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readVariables } from '../../src/options/variables.ts';
import { findPython, type PythonEnvironment } from '../../src/python/environment.ts';
import { MutatedDesign, type Depth, type Simulated, type Situation } from './mutated-design.ts';

/** One input of a build, and how it is changed. */
interface Mutation {
  readonly input: string;
  readonly on?: Simulated;
  /** A file that gets another content. */
  readonly edit?: string;
  /** A file that comes into being. */
  readonly create?: readonly [file: string, content: string];
  /** Another program in front of a real one. */
  readonly program?: readonly [name: string, version: string];
  readonly set?: (situation: Situation) => void;
}

const setDesign =
  (change: Partial<Situation['design']>) =>
  (situation: Situation): void => {
    situation.design = { ...situation.design, ...change };
  };
const setVariable =
  (name: string, value: string) =>
  (situation: Situation): void => {
    situation.variables = { ...situation.variables, [name]: value };
  };

const mutations: readonly Mutation[] = [
  { input: 'a source', edit: 'top.v' },
  { input: 'an included file', edit: 'include/width.vh' },
  { input: 'a file that an included file includes', edit: 'include/nested.vh' },
  { input: 'a filelist', edit: 'list.f' },
  { input: 'a source that a filelist names', edit: 'helper.v' },
  { input: 'a library file (-v)', edit: 'cells.v' },
  { input: 'a module from a library folder (-y)', edit: 'late/cell_from_folder.v' },
  { input: 'a memory image of $readmemh', edit: 'rom.hex' },
  { input: 'a file named as dependency', edit: 'notes' },
  { input: 'a filelist that an argument names', edit: 'arguments.f' },
  { input: 'a control file', on: 'verilator', edit: 'waiver.vlt' },
  { input: 'a C++ source', on: 'verilator', edit: 'twice.cpp' },
  { input: 'a header of a C++ source', on: 'verilator', edit: 'factor.h' },
  { input: 'a new file earlier on the include path', create: ['first/nested.vh', '`define WIDTH 4\n'] },
  {
    input: 'a new module in an earlier library folder',
    create: ['early/cell_from_folder.v', 'module cell_from_folder; wire w; endmodule\n'],
  },
  { input: 'a define', set: setDesign({ defines: { FAST: null } }) },
  { input: 'a parameter', set: setDesign({ parameters: { STEP: 2 } }) },
  { input: 'an argument', set: setDesign({ buildArgs: ['-Wall', '-Wno-fatal'] }), on: 'verilator' },
  { input: 'an argument', set: setDesign({ buildArgs: ['-Wimplicit'] }), on: 'icarus' },
  { input: 'the timescale', set: setDesign({ timescale: '1ns/1ps' }) },
  { input: 'waves', set: setDesign({ waves: true }) },
  { input: 'coverage', on: 'verilator', set: setDesign({ coverage: true }) },
  { input: 'the toplevel', set: setDesign({ toplevel: 'other' }) },
  { input: 'an include folder', set: setDesign({ includes: ['include'] }) },
  { input: 'a variable of the compile', set: setDesign({ env: { MODE: 'x' } }) },
  { input: 'CXXFLAGS', on: 'verilator', set: setVariable('CXXFLAGS', '-DX') },
  { input: 'VERILATOR_ROOT', on: 'verilator', set: setVariable('VERILATOR_ROOT', '/nowhere') },
  { input: 'IVERILOG_VPI_MODULE_PATH', on: 'icarus', set: setVariable('IVERILOG_VPI_MODULE_PATH', '/nowhere') },
  { input: "the simulator's version", on: 'verilator', program: ['verilator', 'Verilator 5.050 2026-02-02'] },
  { input: "the simulator's version", on: 'icarus', program: ['iverilog', 'Icarus Verilog version 12.0 (stable)'] },
  { input: "the compiler's version", on: 'verilator', program: ['c++', 'c++ 99.1.0'] },
  {
    input: "cocotb's version",
    set: (situation) => {
      situation.python = { ...situation.python, cocotbVersion: '2.1.99' };
    },
  },
];

/** Rows whose compile goes all the way to an executable; MOCHA_COCOTB_TEST_DEPTH=whole has every row do so. */
const wholeRows = ['an included file', 'a header of a C++ source', 'a define'];
const allWhole = readVariables()['MOCHA_COCOTB_TEST_DEPTH'] === 'whole';

for (const simulator of ['icarus', 'verilator'] as const) {
  describeTable(simulator, simulator === 'icarus' || allWhole ? 'whole' : 'front-end', () => true);
}
if (!allWhole) describeTable('verilator', 'whole', ({ input }) => wholeRows.includes(input));

function describeTable(simulator: Simulated, depth: Depth, isWanted: (mutation: Mutation) => boolean): void {
  describe(`every input of a build with ${simulator}${depth === 'whole' ? '' : ' (no executable made)'}`, function () {
    this.timeout(300_000);
    let folder: string;
    let python: PythonEnvironment;
    let design: MutatedDesign;
    let situation: () => Situation;
    let first: string;
    let run = 0;

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'mutations-'));
      const variables = readVariables();
      python = await findPython({ variables });
      design = new MutatedDesign(folder, simulator, depth);
      design.install(python, variables);
      situation = () => design.situation(python, variables);
      first = (await build(situation())).id;
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    /** Every build is of a run of its own: nothing is remembered but what is on disk. */
    const build = (wanted: Situation) => design.build(wanted, `run-${run++}`);

    if (depth === 'whole') {
      it('finds the build of another checkout, since nothing of it records where that is', async () => {
        const clone = path.join(folder, 'another/place/design');
        cpSync(design.folder, clone, { recursive: true, filter: (file) => !file.includes('sim_build') });
        const wanted = situation();
        wanted.design = { ...wanted.design, cwd: clone, simBuild: design.path('sim_build') };
        const before = design.compiles();
        expect(await build(wanted)).to.deep.equal({ id: first, compiled: false });
        expect(design.compiles()).to.equal(before);
      });
    }

    for (const mutation of mutations.filter(({ on = simulator }) => on === simulator).filter(isWanted)) {
      it(`${mutation.input}: changed, one compile; touched, none; changed back, the first build`, async () => {
        const before = design.compiles();
        const changed = situation();
        const undo = mutate(design, mutation, changed);
        try {
          const made = await build(changed);
          expect(made.id).not.to.equal(first);
          expect(design.compiles() - before).to.equal(1);
          if (mutation.edit !== undefined) utimesSync(design.path(mutation.edit), new Date(), new Date());
          expect(await build(changed)).to.deep.equal({ id: made.id, compiled: false });
        } finally {
          undo();
        }
        expect(await build(situation())).to.deep.equal({ id: first, compiled: false });
        expect(design.compiles() - before).to.equal(1);
      });
    }
  });
}

/** Makes the change; gives what takes it back. */
function mutate(design: MutatedDesign, { edit, create, program, set }: Mutation, situation: Situation): () => void {
  set?.(situation);
  if (edit !== undefined) {
    const file = design.path(edit);
    const content = readFileSync(file);
    appendFileSync(file, edit === 'rom.hex' ? '\n' : '// changed\n');
    return () => writeFileSync(file, content);
  }
  if (create !== undefined) {
    const [name, content] = create;
    design.write(name, content);
    return () => rmSync(design.path(name));
  }
  if (program !== undefined) {
    const [name, version] = program;
    const script = path.join(design.folder, '../programs', name);
    const content = readFileSync(script);
    writeFileSync(
      script,
      content
        .toString()
        .replace('\ncase ', `\ncase " $* " in *" --version "*|*" -V "*) echo '${version}'; exit;; esac\ncase `),
    );
    return () => writeFileSync(script, content);
  }
  return () => undefined;
}
