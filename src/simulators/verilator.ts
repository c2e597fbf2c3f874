/** Verilator: the design becomes C++, then an executable that is the simulator. */
import path from 'node:path';
import type { HdlValue, ResolvedDesign } from '../options/design.ts';
import { namerIn } from '../options/paths.ts';
import { customaryTimescale, type Timescale } from '../options/timescale.ts';
import type { OptionProblem } from '../options/option-error.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { Command, Environment } from '../process/command.ts';
import { refuseSources, refuseUnused } from './checks.ts';
import { commandLineValue, isWholeLiteral, svNumberOf, svStringBytes } from './hdl-literals.ts';
import { pickLines } from './pick-errors.ts';
import type {
  CompileContext,
  CompilePlan,
  RuntimePlan,
  SimulationContext,
  SimulationPlan,
  Simulator,
} from './simulator.ts';
import { buildMakefile, mainName, mainSource, runtimeMakefile, runtimeHeader } from './verilator-make.ts';
import { verilatorQuestions } from './verilator-tools.ts';

const executable = 'Vtop';

/** Folder of the C++ that Verilator generates, where its commands run so that nothing records where the folder is. */
const generated = 'generated';

export const verilator: Simulator = {
  name: 'verilator',
  title: 'Verilator',
  capabilities: {
    languages: ['verilog'],
    gpiInterfaces: ['vpi'],
    libraries: false,
    runtimeParameters: false,
    runtimeTimescale: false,
    elabArgs: false,
    preCmd: false,
    coverage: true,
    warm: {
      plusargs: 'per-child',
      actsEarly: [
        { argument: /^--trace(-file)?$/, reason: 'it opens its waves before a simulation could be forked' },
        {
          argument: /^\+verilator\+rand\+reset\+0*2$/,
          reason: 'it draws initial values, with the seed, before a simulation could be forked',
        },
      ],
    },
  },
  // What make, the compiler, the linker and Verilator's own script read.
  identityVariables: [
    'CXX',
    'CXXFLAGS',
    'CPPFLAGS',
    'LDFLAGS',
    'LDLIBS',
    'LOADLIBES',
    'USER_CPPFLAGS',
    'USER_LDFLAGS',
    'USER_LDLIBS',
    'CPATH',
    'CPLUS_INCLUDE_PATH',
    'LIBRARY_PATH',
    'VERILATOR_ROOT',
    'VERILATOR_BIN',
    'VERILATOR_TEST_FLAGS',
  ],
  checkDesign,
  checkSimulation,
  toolQuestions: verilatorQuestions,
  runtimePlan,
  compilePlan,
  simulationPlan,
  // Verilator writes values when it is told to, so that cocotb need not do it once more (cocotb_tools.runner does the same).
  simulationEnv: () => ({ COCOTB_TRUST_INERTIAL_WRITES: '1' }),
  pickErrors,
};

function pickErrors(log: string): string {
  const picked = pickLines(log, [
    /^%Error(?!: Exiting due to \d+ warning)/,
    /^%(Warning|Error)/,
    /\berror:|undefined reference|cannot find -l/,
    /^make.*\*\*\*/,
  ]);
  const [, warning] = /^%Warning-(\w+)/m.exec(picked) ?? [];
  if (warning === undefined) return picked;
  return `${picked}\nWarnings end a build, as they do with verilator itself. Correct them, or let them pass: buildArgs: ['-Wno-fatal'], or ['-Wno-${warning}'] for one kind.`;
}

function checkDesign(design: ResolvedDesign): readonly OptionProblem[] {
  const problems = [...refuseSources(verilator, design, ['verilog', 'vlt', 'cpp'])];
  for (const { path: file, language } of design.sources) {
    if (language === 'cpp' && /[\s'"$#]/.test(file)) {
      problems.push({ option: 'sources', expected: 'a path without blanks, for make reads it', received: file });
    }
  }
  for (const [name, value] of Object.entries(design.parameters)) {
    if (typeof value === 'string' && !isWholeLiteral(value)) {
      problems.push({
        option: `parameters.${name}`,
        expected: 'a whole string, such as svString makes',
        received: value,
      });
    }
  }
  return problems;
}

function checkSimulation(design: ResolvedDesign, simulation: ResolvedSimulation): readonly OptionProblem[] {
  const problems = [...refuseUnused(verilator, design, simulation)];
  if (simulation.toplevel !== design.toplevel) {
    problems.push({
      option: 'toplevel',
      expected: `${design.toplevel}, for Verilator builds one toplevel`,
      received: simulation.toplevel,
    });
  }
  return problems;
}

function runtimePlan(context: Omit<CompileContext, 'runtime'>): RuntimePlan {
  const { design, trace, jobs } = context;
  const flags = compilerFlags(design);
  return {
    key: JSON.stringify({ trace, coverage: design.coverage, flags }),
    plan: {
      files: [
        { path: 'Vtop.mk', content: runtimeMakefile(context, flags) },
        { path: 'runtime.h', content: runtimeHeader },
      ],
      commands: [command(context, ['make', `-j${jobs}`, '-f', 'Vtop.mk'])],
      dependencyFiles: [],
      products: ['flags.mk', 'verilated.o', 'verilated_vpi.o', 'runtime.h.gch'],
      intermediates: ['Vtop.mk'],
    },
  };
}

function compilePlan(context: CompileContext): CompilePlan {
  const { design, trace, jobs } = context;
  // Assertions print the names that Verilator was given: relative ones are the same in every checkout, so that checkouts share builds.
  const named = namerIn(design.cwd);
  const ofLanguage = (...languages: readonly string[]): readonly string[] =>
    design.sources
      .filter(({ language, isLibraryFile }) => languages.includes(language) && !isLibraryFile)
      .map(({ path: file }) => file);
  const cppSources = ofLanguage('cpp');
  const verilate = [
    'verilator',
    '-cc',
    '--exe',
    '-Mdir',
    path.join(context.staging, generated),
    '--MMD',
    '--top-module',
    design.toplevel,
    '--vpi',
    '--public-flat-rw',
    '--prefix',
    executable,
    '-o',
    `../${executable}`,
    ...(trace ? ['--trace-fst'] : []),
    ...(design.coverage ? ['--coverage-line', '--coverage-toggle', '--coverage-user'] : []),
    ...(design.timescale === undefined ? timescaleArgs(customaryTimescale) : []),
    ...design.buildArgs.map(({ value }) => value),
    ...(design.timescale === undefined ? [] : timescaleArgs(design.timescale)),
    ...Object.entries(design.defines).map(([name, value]) =>
      value === null ? `-D${name}` : `-D${name}=${commandLineValue(value, 'verilog')}`,
    ),
    ...design.includes.map((folder) => `-I${named(folder)}`),
    ...Object.entries(design.parameters).map(([name, value]) => `-G${name}=${parameterValue(value)}`),
    ...design.libraryFolders.flatMap((folder) => ['-y', named(folder)]),
    ...design.libraryExtensions.map((extension) => `+libext+${extension}`),
    `${mainName}.cpp`,
    ...cppSources,
    ...ofLanguage('verilog', 'vlt').map(named),
    ...design.sources.filter(({ isLibraryFile }) => isLibraryFile).flatMap(({ path: file }) => ['-v', named(file)]),
  ];
  return {
    files: [
      { path: `${generated}/${mainName}.cpp`, content: mainSource(context) },
      { path: `${generated}/build.mk`, content: buildMakefile(context) },
    ],
    commands: [
      command(context, verilate, design.cwd),
      command(context, ['make', `-j${jobs}`, '-f', 'build.mk'], path.join(context.staging, generated)),
    ],
    dependencyFiles: [
      'Vtop__ver.d',
      `${mainName}.d`,
      ...cppSources.filter((file) => /\.(c|cc|cpp|cxx)$/.test(file)).map((file) => `${path.parse(file).name}.d`),
    ].map((file) => ({ path: `${generated}/${file}`, format: 'make' })),
    products: [executable],
    intermediates: [generated],
  };
}

/**
 * -G takes what is between the quotes as it is, backslashes included, so that a string is given without escapes. One that can't be, with a quote or a
 * line break in it, is given as a number; for a parameter of another width Verilator warns of that.
 */
function parameterValue(value: HdlValue): string {
  const literal = commandLineValue(value, 'verilog');
  const bytes = svStringBytes(literal);
  if (bytes === undefined) return literal;
  const text = bytes.toString();
  return /["\n\r\0\ufffd]/.test(text) ? svNumberOf(bytes) : `"${text}"`;
}

function simulationPlan(context: SimulationContext): SimulationPlan {
  const { design, simulation, python, env, trace, wavesFile, coverageFile } = context;
  const records = trace && (simulation.waves !== false || simulation.gui);
  const hasSeed = [...simulation.testArgs, ...simulation.plusargs].some((arg) => arg.startsWith('+verilator+seed+'));
  const argv = [
    ...simulation.launcher,
    path.join(context.build, executable),
    ...(records ? ['--trace', '--trace-file', wavesFile] : []),
    ...simulation.testArgs,
    ...simulation.plusargs,
    // Verilator takes a seed of 0 as a wish for a random one.
    ...(hasSeed ? [] : [`+verilator+seed+${context.seed === 0 ? 1 : context.seed}`]),
    ...(design.coverage ? [`+verilator+coverage+file+${coverageFile}`] : []),
  ];
  return {
    command: {
      argv: argv as [string, ...string[]],
      cwd: context.cwd,
      // The executable has no rpath, so that builds don't depend on where a user's Python environment is.
      env: { ...env, LD_LIBRARY_PATH: [python.libsDir, env['LD_LIBRARY_PATH']].filter(Boolean).join(path.delimiter) },
    },
    wavesFile: records ? wavesFile : undefined,
    coverageFile: design.coverage ? coverageFile : undefined,
  };
}

/** Flags that reach Verilator's own runtime, too, and make it another one. */
function compilerFlags(design: ResolvedDesign): readonly string[] {
  const args = design.buildArgs.map(({ value }) => value);
  return args.flatMap((arg, index) => (/^--?CFLAGS$/.test(arg) ? [args[index + 1] ?? ''] : []));
}

function command(context: Omit<CompileContext, 'runtime'>, argv: readonly string[], cwd = context.staging): Command {
  const { tools, env } = context;
  // A make that started us would hand its flags and its job server, which we don't share, to ours.
  const { MAKEFLAGS: _flags, MFLAGS: _mflags, MAKELEVEL: _level, ...rest } = env;
  const toolEnv: Environment = { ...rest, ...tools['verilator']?.env };
  const [name = '', ...args] = argv;
  const resolved = tools[name]?.argv ?? [name];
  return { argv: [...resolved, ...args] as [string, ...string[]], cwd, env: toolEnv };
}

function timescaleArgs({ unit, precision }: Timescale): readonly string[] {
  return ['--timescale', `${unit}/${precision}`];
}
