/** A published build, and the one way to get it. */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import { currentRun } from '../options/run-identity.ts';
import { readVariables, type Variables } from '../options/variables.ts';
import { findPython, type PythonEnvironment } from '../python/environment.ts';
import { simulatorFor } from '../simulators/registry.ts';
import type { Simulator, Toolchain } from '../simulators/simulator.ts';
import { cleanOnce } from './clean-once.ts';
import { Digests } from './digests.ts';
import { ensurePublished } from './ensure.ts';
import { layoutOf, logName, type Layout } from './layout.ts';
import { readMemoryImages } from './manifest.ts';
import { makeRequest, type BuildRequest } from './request.ts';
import { findTools } from './toolchain.ts';

/** A published build. It is never changed; `mocha-cocotb clean` leaves it alone while a process that asked for it runs. */
export interface Build {
  /** Digest of everything that went into it; also the name of its folder. */
  readonly id: string;
  /** Absolute path of the published, immutable folder. */
  readonly directory: string;
  /** What it is a build of. */
  readonly design: ResolvedDesign;
  /** What made it and will run it; `name` is the simulator's. */
  readonly simulator: Simulator;
  /** The Python that simulations of it use. */
  readonly python: PythonEnvironment;
  /** The simulator's programs and the compiler. */
  readonly tools: Toolchain;
  /** Files that the sources' $readmemh and $readmemb open by a relative path, found where the sources are. */
  readonly memoryImages: readonly MemoryImage[];
  /** Built with tracing. */
  readonly trace: boolean;
  /** Whether this call compiled it. */
  readonly compiled: boolean;
  /** ms that this call took, waiting included. */
  readonly wallTime: number;
  /** Log of the compile. */
  readonly logFile: string;
}

/** A memory image that the simulator opens when it runs, relative to its working folder. */
export interface MemoryImage {
  /** As the sources name it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface EnsureBuildOptions {
  readonly signal?: AbortSignal;
  /** Build the tracing twin. @defaultValue design.waves === true */
  readonly trace?: boolean;
}

/**
 * The build of a design: the published one if nothing that it was made of changed (no process is started then), else compiled once, by whoever asks first.
 *
 * @throws BuildFailed with the simulator's own message first; BuildInputChanged; BuildAccess; PythonNotFound; ToolNotFound; ToolTooOld; OptionError
 */
export async function ensureBuild(design: ResolvedDesign, options: EnsureBuildOptions = {}): Promise<Build> {
  const start = performance.now();
  const variables = readVariables();
  const layout = layoutOf(design.simBuild);
  // A run compiles nothing twice, not even what failed.
  const run = currentRun(variables).id;
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const request = await requestBuild(design, options.trace ?? design.waves === true, { variables, layout, run });

  if (design.clean) await cleanOnce(request, layout, run, signal);
  const { id, compiled } = await ensurePublished(request, {
    layout,
    digests: new Digests(layout, design.cwd),
    run,
    signal,
    ...(design.verbose ? { onOutput: (text: string) => process.stderr.write(text) } : {}),
  });
  const directory = path.join(layout.builds, id);
  const logFile = path.join(directory, logName);
  if (compiled && design.logFile !== undefined) copyLog(logFile, design.logFile);
  const { simulator, python, tools, trace, roots } = request;
  const memoryImages = Object.entries(readMemoryImages(directory)).map(([name, place]) => ({
    name,
    path: roots.pathOf(place),
  }));
  const wallTime = performance.now() - start;
  return { id, directory, design, simulator, python, tools, memoryImages, trace, compiled, wallTime, logFile };
}

/** What a design's build is, would have to be, made of: everything but the contents of files. Finds the tools. */
export async function requestBuild(
  design: ResolvedDesign,
  trace: boolean,
  context: { readonly variables: Variables; readonly layout: Layout; readonly run: string },
): Promise<BuildRequest> {
  const { variables, layout, run } = context;
  const simulator = simulatorFor(design);
  const python = await findPython({
    variables,
    cwd: design.cwd,
    ...(design.python === undefined ? {} : { python: design.python }),
  });
  const tools = await findTools(simulator.toolQuestions(design, python, variables), { variables, cwd: design.cwd });
  const salt = design.always ? run : undefined;
  return makeRequest({ design, simulator, python, tools, trace, variables, layout, salt });
}

function copyLog(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, to);
}
