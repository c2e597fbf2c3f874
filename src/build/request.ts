/** A request for a build: everything that is known of it before a single file is read. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import type { Variables } from '../options/variables.ts';
import { toEnvironment, type Environment } from '../process/command.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import type { CompileContext, CompilePlan, RuntimePlan, Simulator, Toolchain } from '../simulators/simulator.ts';
import { digestOf, type Layout } from './layout.ts';
import { pathRootsOf, type PathRoots } from './path-roots.ts';
import { fingerprintSearchPath } from './search-path.ts';

export interface BuildRequest {
  /** Digest of `facts`. */
  readonly key: string;
  /** What went into the key, by name, for people to read. */
  readonly facts: Readonly<Record<string, string>>;
  /** Absolute paths of the files that the design names itself. */
  readonly declared: readonly string[];
  readonly roots: PathRoots;
  readonly design: ResolvedDesign;
  readonly simulator: Simulator;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  readonly trace: boolean;
  /** Whole environment of the compile. */
  readonly env: Environment;
  /** Where the simulator's own runtime is compiled to, if it can be shared; the plan is made for a context. */
  readonly runtime: { readonly folder: string; plan: (context: RuntimeContext) => CompilePlan } | undefined;
  /** What can be seen of the files that a compile could read, known or not. */
  readonly fingerprint: () => string;
  /** The compile's commands and files for a staging folder. */
  readonly plan: (context: PlanContext) => CompilePlan;
}

type RuntimeContext = Pick<CompileContext, 'staging' | 'jobs'>;
type PlanContext = Pick<CompileContext, 'staging' | 'jobs' | 'runtime'>;

export interface RequestContext {
  readonly design: ResolvedDesign;
  readonly simulator: Simulator;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  readonly trace: boolean;
  readonly variables: Variables;
  readonly layout: Layout;
  /** Makes the request one of its own (design option `always`). */
  readonly salt: string | undefined;
}

/** Part of every key: raise it when what a build folder holds, or how it is made, changes otherwise than by the commands. */
const scheme = 2;

/** The request for a design. Reads no file's content. */
export function makeRequest(context: RequestContext): BuildRequest {
  const { design, simulator, python, tools, trace } = context;
  const roots = pathRootsOf(design, python, tools);
  const env = { ...toEnvironment(context.variables), ...design.env };
  const base = { design, python, tools, env, trace };
  // Stand-ins for folders that the finished command lines name and that say nothing of the build.
  const staging = path.join(design.cwd, '.staging');
  const toolFacts = describeTools(tools, python);
  const runtime = requestRuntime(context, base, toolFacts);
  const plan = simulator.compilePlan({
    ...base,
    staging,
    jobs: 1,
    runtime: runtime === undefined ? undefined : path.join(design.cwd, '.runtime'),
  });
  const facts = {
    scheme: `${scheme}`,
    ...(context.salt === undefined ? {} : { always: context.salt }),
    simulator: simulator.name,
    ...toolFacts,
    ...describeDesign(design, roots),
    trace: `${trace}`,
    ...describeVariables(simulator.identityVariables, context.variables),
    ...describePlan(plan, roots.hide),
  };
  return {
    key: digestOf(JSON.stringify(facts)),
    facts,
    declared: [
      ...new Set([
        ...design.sources.map((source) => source.path),
        ...design.filelists,
        ...design.dependencies,
        ...filesInArguments(design),
      ]),
    ],
    roots,
    design,
    simulator,
    python,
    tools,
    trace,
    env,
    runtime,
    fingerprint: () => fingerprintSearchPath(design, plan),
    plan: (own) => simulator.compilePlan({ ...base, ...own }),
  };
}

/** A runtime is kept with the paths of the tools that made it: its users compare its flags with theirs. */
function requestRuntime(
  { simulator, layout }: RequestContext,
  base: Omit<CompileContext, 'staging' | 'jobs' | 'runtime'>,
  toolFacts: Readonly<Record<string, string>>,
): BuildRequest['runtime'] {
  const planFor = (own: RuntimeContext): RuntimePlan | undefined => simulator.runtimePlan({ ...base, ...own });
  const standIn = planFor({ staging: '/staging', jobs: 1 });
  if (standIn === undefined) return undefined;
  const key = digestOf(JSON.stringify([scheme, standIn.key, toolFacts, describePlan(standIn.plan, (text) => text)]));
  return { folder: path.join(layout.runtime, key), plan: (own) => (planFor(own) ?? standIn).plan };
}

/** Files that an argument names, such as `-f more.f`: not every tool says that it read them. */
function filesInArguments({ buildArgs, cwd }: ResolvedDesign): readonly string[] {
  return buildArgs
    .map(({ value }) => path.resolve(cwd, value))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function describeTools(tools: Toolchain, python: PythonEnvironment): Record<string, string> {
  const facts: Record<string, string> = { 'cocotb version': python.cocotbVersion };
  for (const name of Object.keys(tools).sort()) {
    const tool = tools[name];
    if (tool !== undefined) facts[`tool ${name}`] = `${tool.version} (${tool.identity})`;
  }
  return facts;
}

function describeDesign(design: ResolvedDesign, roots: PathRoots): Record<string, string> {
  const { nameOf, hide } = roots;
  const facts: Record<string, string> = {
    toplevel: design.toplevel,
    library: design.library,
    timescale: design.timescale === undefined ? '' : `${design.timescale.unit}/${design.timescale.precision}`,
    coverage: `${design.coverage}`,
    sources: design.sources
      .map(
        ({ path: file, language, library, isLibraryFile }) =>
          `${nameOf(file)} ${language} ${library}${isLibraryFile ? ' -v' : ''}`,
      )
      .join('\n'),
    filelists: design.filelists.map(nameOf).join('\n'),
    includes: design.includes.map(nameOf).join('\n'),
    'library folders': design.libraryFolders.map(nameOf).join('\n'),
    'library extensions': design.libraryExtensions.join(' '),
    buildArgs: design.buildArgs.map(({ value, language }) => hide(`${language ?? 'any'} ${value}`)).join('\n'),
  };
  for (const [name, value] of sorted(design.defines)) facts[`define ${name}`] = describeValue(value, hide);
  for (const [name, value] of sorted(design.parameters)) facts[`parameter ${name}`] = describeValue(value, hide);
  for (const [name, value] of sorted(design.env)) facts[`env ${name}`] = hide(value);
  return facts;
}

function describeVariables(names: readonly string[], variables: Variables): Record<string, string> {
  const set = [...names].sort().flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[`variable ${name}`, value] as const];
  });
  return Object.fromEntries(set);
}

/** Command lines and files say what no option does: how this version of mocha-cocotb drives the tools. */
function describePlan(plan: CompilePlan, hide: PathRoots['hide']): Record<string, string> {
  const facts: Record<string, string> = {};
  plan.commands.forEach(({ argv, cwd }, index) => {
    facts[`command ${index + 1}`] = hide([`cd ${cwd}`, ...argv].join('\n'));
  });
  for (const { path: file, content } of plan.files) facts[`file ${file}`] = digestOf(hide(content));
  return facts;
}

function describeValue(value: unknown, hide: (text: string) => string): string {
  return typeof value === 'string' ? JSON.stringify(hide(value)) : String(value);
}

function sorted<Value>(record: Readonly<Record<string, Value>>): readonly (readonly [string, Value])[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
