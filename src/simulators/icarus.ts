/** Icarus Verilog: iverilog makes a program for vvp, which is the simulator. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { HdlValue, ResolvedDesign } from '../options/design.ts';
import { namerIn } from '../options/paths.ts';
import { customaryTimescale } from '../options/timescale.ts';
import { refuseSources, refuseUnused } from './checks.ts';
import { commandLineValue, svNumberOf, svStringBytes } from './hdl-literals.ts';
import { pickLines } from './pick-errors.ts';
import type {
  CompileContext,
  CompilePlan,
  PlannedFile,
  SimulationContext,
  SimulationPlan,
  Simulator,
  ToolQuestion,
} from './simulator.ts';

const program = 'sim.vvp';
const dumpModule = 'cocotb_iverilog_dump';

/** Where waves go unless the plusarg `dumpfile_path` says otherwise: relative to the working folder, so that each fork has its own. */
const defaultWaves = 'waves.fst';

export const icarus: Simulator = {
  name: 'icarus',
  title: 'Icarus Verilog',
  capabilities: {
    languages: ['verilog'],
    gpiInterfaces: ['vpi'],
    libraries: false,
    runtimeParameters: false,
    runtimeTimescale: false,
    elabArgs: false,
    preCmd: false,
    coverage: false,
    warm: {
      plusargs: 'per-server',
      actsEarly: [
        // Not -lxt and the like, the formats of waves.
        { argument: /^-l(?!xt|x2)/, reason: 'it opens its log file before a simulation could be forked' },
      ],
    },
  },
  identityVariables: ['IVERILOG_ICONFIG', 'IVERILOG_VPI_MODULE_PATH'],
  checkDesign: (design) => refuseSources(icarus, design, ['verilog']),
  checkSimulation: (design, simulation) => refuseUnused(icarus, design, simulation),
  toolQuestions,
  runtimePlan: () => undefined,
  compilePlan,
  simulationPlan,
  simulationEnv: () => ({}),
  pickErrors: (log) => pickLines(log, [/: (syntax )?error|error:|: Unable to|Unknown module type|not found/i]),
  findHiddenErrors,
};

/**
 * Values for parameters that Icarus 11 leaves at their defaults: those of a name that the toplevel doesn't have, and those that are no literals. The
 * line 0 is the command line; a defparam in a source has a file. Later versions end with an error for such a name.
 */
function findHiddenErrors(log: string, { toplevel, sources }: ResolvedDesign): string | undefined {
  const names = Array.from(log.matchAll(/^:0: warning: parameter (\S+) not found in /gm), ([, name]) => name);
  const refused = log.match(/^<command line>: error: .*$/gm) ?? [];
  if (names.length + refused.length === 0) return undefined;
  const file = sources.find(({ path: source }) => declaredModules(source).includes(toplevel))?.path;
  const where = file === undefined ? '' : ` (${file})`;
  return [
    ...names.map(
      (name) => `error: ${toplevel}${where} has no parameter ${name} that can be set; see option parameters`,
    ),
    ...refused,
  ].join('\n');
}

function declaredModules(source: string): readonly (string | undefined)[] {
  const text = readFileSync(source, 'utf8');
  return Array.from(text.matchAll(/\bmodule\s+(?:(?:automatic|static)\s+)?([\w$]+)/g), ([, name]) => name);
}

function toolQuestions(): readonly ToolQuestion[] {
  return ['iverilog', 'vvp'].map((name) => ({
    name,
    candidates: [{ argv: [name], origin: 'path', env: {} }],
    versionArgs: ['-V'],
    parseVersion: (text) => /^Icarus Verilog (?:runtime )?version (\d[\w.]*)/m.exec(text)?.[1],
    minimum: undefined,
    mend: 'apt-get install iverilog',
  }));
}

function compilePlan({ design, tools, staging, env, trace }: CompileContext): CompilePlan {
  const { toplevel, timescale = customaryTimescale } = design;
  // The program records the names that the compiler was given: relative ones are the same in every checkout, so that checkouts share builds.
  const named = namerIn(design.cwd);
  const staged = (file: string): string => path.join(staging, file);
  const plain = design.sources.filter(({ isLibraryFile }) => !isLibraryFile);
  const libraryFiles = design.sources.filter(({ isLibraryFile }) => isLibraryFile);
  const files: PlannedFile[] = [
    ...(trace ? [{ path: `${dumpModule}.v`, content: dumpSource(toplevel) }] : []),
    { path: 'cmds.f', content: `+timescale+${timescale.unit}/${timescale.precision}\n` },
  ];
  const argv = [
    ...(tools['iverilog']?.argv ?? ['iverilog']),
    '-o',
    staged(program),
    '-s',
    toplevel,
    '-g2012',
    `-Mall=${staged('files.d')}`,
    ...Object.entries(design.defines).map(([name, value]) =>
      value === null ? `-D${name}` : `-D${name}=${commandLineValue(value, 'verilog')}`,
    ),
    ...design.includes.map((folder) => `-I${named(folder)}`),
    ...Object.entries(design.parameters).map(([name, value]) => `-P${toplevel}.${name}=${parameterValue(value)}`),
    ...design.libraryFolders.flatMap((folder) => ['-y', named(folder)]),
    ...design.libraryExtensions.flatMap((extension) => ['-Y', extension]),
    ...libraryFiles.flatMap(({ path: file }) => ['-l', named(file)]),
    ...design.buildArgs.map(({ value }) => value),
    ...(trace ? ['-s', dumpModule] : []),
    '-f',
    staged('cmds.f'),
    ...plain.map(({ path: file }) => named(file)),
    ...(trace ? [named(staged(`${dumpModule}.v`))] : []),
  ];
  return {
    files,
    // When it is killed, its scratch files stay.
    commands: [
      { argv: argv as [string, ...string[]], cwd: design.cwd, env: { ...env, TMP: staging, TMPDIR: staging } },
    ],
    dependencyFiles: [{ path: 'files.d', format: 'lines' }],
    products: [program],
    intermediates: ['files.d', ...files.map(({ path: file }) => file)],
  };
}

function parameterValue(value: HdlValue): string {
  const text = commandLineValue(value, 'verilog');
  const bytes = svStringBytes(text);
  // -P knows fewer escapes than a source: of any other it drops the backslash.
  return bytes === undefined || !/\\[^nt"\\0-7]/.test(text) ? text : svNumberOf(bytes);
}

function simulationPlan(context: SimulationContext): SimulationPlan {
  const { simulation, python, tools, trace, wavesFile, cwd, env } = context;
  const records = trace && (simulation.waves !== false || simulation.gui);
  const isElsewhere = wavesFile !== path.join(cwd, defaultWaves);
  const argv = [
    ...simulation.launcher,
    ...(tools['vvp']?.argv ?? ['vvp']),
    // $stop ends the simulation instead of asking for commands that nobody gives.
    '-n',
    '-m',
    python.libEntries['vpi:icarus'] ?? path.join(python.libsDir, 'libcocotbvpi_icarus.so'),
    ...simulation.testArgs,
    path.join(context.build, program),
    ...simulation.plusargs,
    ...(records && isElsewhere ? [`+dumpfile_path=${wavesFile}`] : []),
    records ? '-fst' : '-none',
  ];
  return {
    command: { argv: argv as [string, ...string[]], cwd, env },
    wavesFile: records ? wavesFile : undefined,
    coverageFile: undefined,
  };
}

function dumpSource(toplevel: string): string {
  return `module ${dumpModule}();
initial begin
    string dumpfile_path;
    if ($value$plusargs("dumpfile_path=%s", dumpfile_path)) begin
        $dumpfile(dumpfile_path);
    end else begin
        $dumpfile("${defaultWaves}");
    end
    $dumpvars(0, ${toplevel});
end
endmodule
`;
}
