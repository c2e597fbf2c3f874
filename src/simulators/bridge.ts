/** Every simulator that cocotb's own runner knows and this package doesn't drive itself: the runner is asked to do it. */
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import { toplevelLanguageOf } from '../options/language.ts';
import type { OptionProblem } from '../options/option-error.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { Command } from '../process/command.ts';
import { pythonFile } from '../package-folder.ts';
import type { BridgedFacts } from './bridged.ts';
import { refuseSources, refuseUnused } from './checks.ts';
import { commandLineValue } from './hdl-literals.ts';
import { pickLines } from './pick-errors.ts';
import type { CompileContext, CompilePlan, SimulationContext, SimulationPlan, Simulator } from './simulator.ts';

const request = 'bridge.json';

/** Folder of what the simulator makes, so that no file of ours is among it. */
const products = 'products';

/** A simulator that `python/bridge.py` runs through cocotb_tools.runner. */
export function bridgedSimulator(facts: BridgedFacts): Simulator {
  const { name, title, capabilities } = facts;
  const simulator: Simulator = {
    name,
    title,
    capabilities,
    identityVariables: facts.identityVariables,
    checkDesign: (design) => [
      ...refuseSources(simulator, design, capabilities.languages),
      ...checkDesign(facts, design),
    ],
    checkSimulation: (design, simulation) => [
      ...refuseUnused(simulator, design, simulation),
      ...checkSimulation(facts, design, simulation),
    ],
    toolQuestions: () => [
      {
        name: facts.executable,
        candidates: [{ argv: [facts.executable], origin: 'path', env: {} }],
        versionArgs: facts.versionArgs,
        parseVersion: (text) => facts.versionPattern.exec(text)?.[1],
        minimum: undefined,
        mend: facts.mend,
      },
    ],
    runtimePlan: () => undefined,
    compilePlan: (context) => compilePlan(facts, context),
    simulationPlan: (context) => simulationPlan(facts, context),
    simulationEnv: () => ({}),
    pickErrors: (log) => pickLines(log, [/\berror\b|\*E,|Error-\[/i]),
  };
  return simulator;
}

function checkDesign(facts: BridgedFacts, design: ResolvedDesign): readonly OptionProblem[] {
  const { title, capabilities } = facts;
  const problems: OptionProblem[] = [];
  const refuse = (option: string, expected: string, received: unknown): void => {
    problems.push({ option, expected: `${expected}, for ${title} takes none`, received });
  };
  if (!capabilities.languages.includes('verilog')) {
    if (Object.keys(design.defines).length > 0) refuse('defines', 'no defines', design.defines);
    if (design.includes.length > 0) refuse('includes', 'no include folders', design.includes);
    if (design.libraryFolders.length > 0) refuse('filelists', 'no -y folders', design.libraryFolders);
  }
  if (design.timescale !== undefined && facts.timescale === 'none')
    refuse('timescale', 'no timescale', design.timescale);
  const libraries = new Set(design.sources.map(({ library }) => library));
  if (capabilities.libraries && !facts.manyLibraries && libraries.size > 1) {
    problems.push({
      option: 'sources',
      expected: `one library, for cocotb's runner builds no more with ${title}`,
      received: [...libraries],
    });
  }
  if (design.waves !== false && facts.wavesFile === undefined) refuse('waves', 'false', design.waves);
  return problems;
}

function checkSimulation(
  facts: BridgedFacts,
  design: ResolvedDesign,
  simulation: ResolvedSimulation,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const { title } = facts;
  if (simulation.gui && !facts.gui) {
    problems.push({ option: 'gui', expected: `false, for cocotb's runner has none for ${title}`, received: true });
  }
  if (simulation.waves !== false && design.waves === false && facts.wavesFile === undefined) {
    problems.push({
      option: 'waves',
      expected: `false, for cocotb's runner records none with ${title}`,
      received: simulation.waves,
    });
  }
  return problems;
}

function compilePlan(facts: BridgedFacts, context: CompileContext): CompilePlan {
  const { design, python, staging, env } = context;
  const content = JSON.stringify(
    { simulator: facts.name, folder: products, builds: buildArguments(facts, design) },
    undefined,
    2,
  );
  const command: Command = {
    argv: [python.python, pythonFile('bridge.py'), 'build', request],
    cwd: staging,
    env: { ...env, PYTHONUNBUFFERED: '1' },
  };
  return {
    files: [{ path: request, content }],
    commands: [command],
    dependencyFiles: [],
    products: [request, products],
    // Scripts of the runner's. The request stays: each simulation reads it.
    intermediates: ['*'],
  };
}

/** Arguments of the runner's build(): one call for each library, in the order of the sources, the toplevel's last. */
function buildArguments(facts: BridgedFacts, design: ResolvedDesign): readonly unknown[] {
  const language = toplevelLanguage(facts, design, undefined);
  const groups: { library: string; sources: unknown[] }[] = [];
  for (const source of design.sources) {
    if (source.isLibraryFile) continue;
    const last = groups.at(-1);
    const group = last?.library === source.library ? last : { library: source.library, sources: [] };
    if (group !== last) groups.push(group);
    group.sources.push({ [source.language]: source.path });
  }
  const verilog = (value: string): unknown => ({ verilog: value });
  const buildArgs = [
    ...design.buildArgs.map(({ value, language: tag }) => (tag === undefined ? value : { [tag]: value })),
    ...design.sources
      .filter(({ isLibraryFile }) => isLibraryFile)
      .flatMap(({ path: file }) => ['-v', file].map(verilog)),
    ...design.libraryFolders.flatMap((libraryFolder) => ['-y', libraryFolder].map(verilog)),
    ...design.libraryExtensions.map((extension) => verilog(`+libext+${extension}`)),
  ];
  return groups.map(({ library, sources }, index) => ({
    hdl_library: library,
    sources,
    includes: design.includes,
    defines: mapValues(design.defines, (value) => (value === null ? '' : commandLineValue(value, 'verilog'))),
    parameters: mapValues(design.parameters, (value) => commandLineValue(value, language)),
    build_args: buildArgs,
    hdl_toplevel: index === groups.length - 1 ? design.toplevel : null,
    always: true,
    clean: false,
    verbose: design.verbose,
    timescale: facts.timescale === 'build' ? timescaleArgument(design.timescale) : null,
    waves: false,
  }));
}

function simulationPlan(facts: BridgedFacts, context: SimulationContext): SimulationPlan {
  const { design, simulation, python, env, cwd, trace } = context;
  const waves = simulation.waves === true || (trace && simulation.waves !== false);
  const directory = path.dirname(context.wavesFile);
  const language = toplevelLanguage(facts, design, simulation);
  // The runner looks for libraries in the working folder; a folder of the user's own is not filled with them.
  const buildFolder = cwd === directory ? cwd : path.join(directory, 'sim_build');
  const test = JSON.stringify({
    build: path.join(context.build, products),
    test_module: simulation.testModules,
    hdl_toplevel: simulation.toplevel,
    hdl_toplevel_library: simulation.toplevelLibrary,
    hdl_toplevel_lang: language,
    gpi_interfaces: simulation.gpiInterfaces.length > 0 ? simulation.gpiInterfaces : null,
    elab_args: simulation.elabArgs,
    test_args: simulation.testArgs,
    plusargs: simulation.plusargs,
    extra_env: simulation.extraEnv,
    waves,
    gui: simulation.gui,
    parameters: mapValues({ ...design.parameters, ...simulation.parameters }, (value) =>
      commandLineValue(value, language),
    ),
    build_dir: buildFolder,
    test_dir: cwd,
    results_xml: env['COCOTB_RESULTS_FILE'] ?? null,
    pre_cmd: simulation.preCmd ?? null,
    verbose: simulation.verbose,
    timescale: facts.timescale === 'test' ? timescaleArgument(simulation.timescale ?? design.timescale) : null,
  });
  const argv = [
    ...simulation.launcher,
    python.python,
    pythonFile('bridge.py'),
    'test',
    path.join(context.build, request),
    test,
  ];
  return {
    command: { argv: argv as [string, ...string[]], cwd, env: { ...env, PYTHONUNBUFFERED: '1' } },
    wavesFile:
      (waves || simulation.gui) && facts.wavesFile !== undefined
        ? path.join(cwd, facts.wavesFile(simulation.toplevel))
        : undefined,
    coverageFile: undefined,
  };
}

function toplevelLanguage(
  { capabilities }: BridgedFacts,
  design: ResolvedDesign,
  simulation: ResolvedSimulation | undefined,
): 'verilog' | 'vhdl' {
  return simulation?.toplevelLang ?? toplevelLanguageOf(design.sources) ?? capabilities.languages[0] ?? 'verilog';
}

function timescaleArgument(timescale: ResolvedDesign['timescale']): readonly [string, string] | null {
  return timescale === undefined ? null : [timescale.unit, timescale.precision];
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  convert: (value: Value) => Result,
): Readonly<Record<string, Result>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}
