/** Turns a design's options into a design in which nothing is optional, or says everything that is wrong with them. */
import path from 'node:path';
import { checkOptions, soundOptions } from './check.ts';
import { designChecks } from './design-checks.ts';
import type { BuildArg, DesignOptions, HdlValue, ResolvedDesign, ResolvedSource, Source } from './design.ts';
import { simulatorNames } from './design.ts';
import { isFolder, makeFileLookup } from './file-lookup.ts';
import { readFilelists, type FilelistContents } from './filelist.ts';
import { languageOf } from './language.ts';
import { OptionError, nearestName, type OptionProblem } from './option-error.ts';
import { resolverIn } from './paths.ts';
import { defaultSimBuild } from './sim-build.ts';
import { parseTimescale } from './timescale.ts';
import { variableFlag, variableText } from './variable-values.ts';
import type { Variables } from './variables.ts';

/** Names of all options of a design. */
export const designOptionNames: readonly string[] = Object.keys(designChecks);

/**
 * Checks a design's options, reads its filelists and fills in the defaults.
 *
 * @param variables - As `readVariables` gives them. SIM and SIM_BUILD are defaults; WAVES overrides the option, as with cocotb's runner.
 * @throws OptionError with everything that is wrong: unknown options, wrong values, missing files, filelists that can't be read.
 */
export function resolveDesign(given: DesignOptions, variables: Variables): ResolvedDesign {
  const problems = [...checkOptions<DesignOptions>(given, designChecks, ['toplevel'])];
  const options = soundOptions(given, problems);
  const toplevel = options.toplevel ?? '';
  const cwd = path.resolve(options.cwd ?? '.');
  const absolute = resolverIn(cwd);
  const isFile = makeFileLookup();
  const library = options.library ?? 'top';

  const lists = readFilelists(options.filelists ?? [], { cwd, variables: { ...variables, ...options.env } });
  problems.push(...lists.problems);
  const listed = [...resolveListed(lists, library)];
  const context = { absolute, isFile, library, problems };
  const named = (options.sources ?? []).map((entry, index) => resolveSource(entry, index, context));
  const sources = [...listed, ...named].filter((entry) => entry !== undefined);
  if (sources.length === 0 && problems.length === 0) {
    problems.push({
      option: 'sources',
      expected: 'at least one, or a filelist that names one',
      received: given.sources,
    });
  }

  const includes = (options.includes ?? []).map(absolute);
  includes.forEach((folder, index) => {
    if (isFolder(folder)) return;
    problems.push({ option: `includes[${index}]`, expected: 'an existing folder', received: folder });
  });
  const dependencies = (options.dependencies ?? []).map(absolute);
  dependencies.forEach((file, index) => {
    if (!isFile(file)) problems.push(missingFile(`dependencies[${index}]`, file));
  });

  const resolved: ResolvedDesign = {
    toplevel,
    sources,
    filelists: lists.files,
    includes: [...lists.includes, ...includes],
    libraryFolders: lists.libraryFolders,
    libraryExtensions: lists.libraryExtensions,
    defines: { ...lists.defines, ...resolveDefines(options.defines ?? {}) },
    parameters: { ...lists.parameters, ...options.parameters },
    buildArgs: [
      ...lists.buildArgs.map((value) => ({ value, language: undefined })),
      ...(options.buildArgs ?? []).map(resolveBuildArg),
    ],
    library,
    simulator: options.simulator ?? simulatorFromVariable(variables, problems) ?? defaultSimulator(sources),
    timescale: parseTimescale(options.timescale),
    waves: wavesFromVariable(variables, problems) ?? options.waves ?? false,
    coverage: options.coverage ?? false,
    always: options.always ?? false,
    clean: options.clean ?? false,
    verbose: options.verbose ?? false,
    logFile: options.logFile === undefined ? undefined : absolute(options.logFile),
    simBuild: resolveSimBuild(options, variables, cwd),
    cwd,
    env: options.env ?? {},
    dependencies,
    memoryLimit: options.memoryLimit,
    lockTimeout: options.lockTimeout === -1 ? Infinity : (options.lockTimeout ?? 3_600_000),
    buildTimeout: options.buildTimeout === -1 || options.buildTimeout === Infinity ? undefined : options.buildTimeout,
    // A bare name is looked up on PATH; a path is the project's.
    python: options.python?.includes('/') === true ? absolute(options.python) : options.python,
    verilator: options.verilator?.includes('/') === true ? absolute(options.verilator) : options.verilator,
  };
  if (problems.length > 0) throw new OptionError(problems, toplevel === '' ? 'the design' : `design ${toplevel}`);
  return resolved;
}

/** WAVES, which also takes `on-failure`; undefined when it isn't set. */
export function wavesFromVariable(variables: Variables, problems: OptionProblem[]): boolean | 'on-failure' | undefined {
  if (variableText(variables, 'WAVES')?.toLowerCase() === 'on-failure') return 'on-failure';
  return variableFlag(variables, 'WAVES', problems);
}

function resolveListed(lists: FilelistContents, library: string): readonly ResolvedSource[] {
  return lists.sources.map(({ path: file, isLibraryFile }) => ({
    path: file,
    // Like the simulators: what is in a Verilog filelist under another extension is Verilog.
    language: languageOf(file) ?? 'verilog',
    library,
    isLibraryFile,
  }));
}

function resolveSource(
  entry: Source,
  index: number,
  context: {
    readonly absolute: (file: string) => string;
    readonly isFile: (file: string) => boolean;
    readonly library: string;
    readonly problems: OptionProblem[];
  },
): ResolvedSource | undefined {
  const {
    path: file,
    language,
    library,
  }: Exclude<Source, string> = typeof entry === 'string' ? { path: entry } : entry;
  const resolvedPath = context.absolute(file);
  if (!context.isFile(resolvedPath)) context.problems.push(missingFile(`sources[${index}]`, resolvedPath));
  const known = language ?? languageOf(file);
  if (known === undefined) {
    context.problems.push({
      option: `sources[${index}]`,
      expected: 'an extension of Verilog (.v .sv .vh .svh), VHDL (.vhd .vhdl), .vlt or C++, or the option language',
      received: file,
    });
    return undefined;
  }
  return { path: resolvedPath, language: known, library: library ?? context.library, isLibraryFile: false };
}

function missingFile(option: string, file: string): OptionProblem {
  return { option, expected: 'an existing file', received: file };
}

function resolveDefines(defines: Readonly<Record<string, HdlValue | null>>): Record<string, HdlValue | null> {
  return Object.fromEntries(
    Object.entries(defines)
      .filter(([, value]) => value !== false)
      .map(([name, value]) => [name, value === true ? null : value]),
  );
}

function resolveBuildArg(arg: BuildArg): ResolvedDesign['buildArgs'][number] {
  if (typeof arg === 'string') return { value: arg, language: undefined };
  return 'verilog' in arg ? { value: arg.verilog, language: 'verilog' } : { value: arg.vhdl, language: 'vhdl' };
}

function simulatorFromVariable(
  variables: Variables,
  problems: OptionProblem[],
): ResolvedDesign['simulator'] | undefined {
  const name = variableText(variables, 'SIM');
  if (name === undefined) return undefined;
  const simulator = simulatorNames.find((known) => known === name.toLowerCase());
  if (simulator === undefined) {
    problems.push({
      option: 'variable SIM',
      expected: `one of ${simulatorNames.join(', ')}`,
      received: name,
      nearest: nearestName(name, simulatorNames),
    });
  }
  return simulator;
}

function defaultSimulator(sources: readonly ResolvedSource[]): ResolvedDesign['simulator'] {
  return sources.length > 0 && sources.every(({ language }) => language === 'vhdl') ? 'ghdl' : 'verilator';
}

function resolveSimBuild(options: Partial<DesignOptions>, variables: Variables, cwd: string): string {
  if (options.simBuild !== undefined) return path.resolve(cwd, options.simBuild);
  return defaultSimBuild(variables);
}
