/** Compiles a request in a private folder and publishes what it gives, unless its inputs changed meanwhile. */
import { rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { announceLongWork } from '../process/long-work.ts';
import { keepFailedLog, makeStaging, removeIntermediates, runPlan, type CompileOptions } from './compile.ts';
import { digestOfAll, type Digest, type Digests } from './digests.ts';
import { identify, recordedRoots } from './identity.ts';
import { BuildFailed, BuildInputChanged } from './errors.ts';
import { Clocks } from './file-stats.ts';
import { findChanged, gatherInputs } from './inputs.ts';
import { rememberInputSet, type InputSet } from './input-set.ts';
import { logName, type Layout } from './layout.ts';
import { availableCores } from './limits.ts';
import type { Manifest } from './manifest.ts';
import { publishBuild } from './publish.ts';
import { findRecordedRoots } from './recorded-roots.ts';
import type { BuildRequest } from './request.ts';
import { ensureRuntime } from './runtime.ts';

export interface MakeBuildOptions extends CompileOptions {
  readonly layout: Layout;
  readonly digests: Digests;
}

/**
 * Compiles and publishes. The caller holds the lock of `attempt`.
 *
 * @param before - Digests of the files that were known to matter before the compile.
 * @throws BuildFailed, BuildInputChanged, or the signal's reason
 */
export async function makeBuild(
  attempt: string,
  request: BuildRequest,
  before: ReadonlyMap<string, Digest>,
  options: MakeBuildOptions,
): Promise<void> {
  const { layout, digests } = options;
  const begun = performance.now();
  const { toplevel, simulator } = request.design;
  const subject = { toplevel, simulator };
  const seen = request.fingerprint();
  // Whoever waits for another's compile is told so by the lock; this process would be silent.
  const endNotice = announceLongWork(`compiling ${toplevel} with ${simulator}`);
  let staging: string | undefined;
  try {
    const runtime = await ensureRuntime(request, layout, options);
    if (runtime.state === 'failed') throw new BuildFailed({ ...runtime, ...subject, seen });
    staging = makeStaging(layout, attempt);
    const start = statSync(staging, { bigint: true }).mtimeNs;
    const plan = request.plan({ staging, jobs: availableCores(), runtime: runtime.folder });
    const end = await runPlan(plan, staging, request, options);
    if (end.state === 'failed') {
      const logFile = keepFailedLog(layout, attempt, path.join(staging, logName));
      throw new BuildFailed({ ...end, ...subject, logFile, seen });
    }

    const { memoryImages, ...inputs } = gatherInputs(request, plan, staging, layout);
    const files = inputs.files.map(request.roots.pathOf);
    const clocks = new Clocks(staging);
    const changed = await findChanged(
      files,
      before,
      start,
      // Tools may well have been installed today, by another clock; nobody edits them during a compile.
      (file, stat) => (request.roots.nameOf(file).startsWith('$') ? 0n : clocks.uncertainty(file, stat)),
      digests,
    );
    digests.save();
    if (changed.files.length > 0) {
      // With these digests known beforehand, a second compile tells a change from a clock that is ahead or behind.
      if (!changed.isCertain) return await makeBuild(attempt, request, changed.after, options);
      throw new BuildInputChanged(toplevel, changed.files);
    }
    removeIntermediates(plan, staging);
    const set: InputSet = { ...inputs, recorded: findRecordedRoots(staging, request.roots) };
    const each = files.map((file) => changed.after.get(file));
    const contents = digestOfAll(each);
    if (contents === undefined) {
      const missing = files.filter((_, index) => each[index] === undefined);
      throw new BuildInputChanged(toplevel, missing);
    }
    const id = identify(request, set, contents);
    const compileTime = Math.round(performance.now() - begun);
    // A holder that lost its lock meanwhile leaves the publishing to the new one.
    options.signal.throwIfAborted();
    publishBuild(layout, staging, describeBuild(id, request, set, each, compileTime), memoryImages);
    rememberInputSet(layout, request.key, set);
  } finally {
    endNotice();
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
  }
}

function describeBuild(
  id: string,
  request: BuildRequest,
  set: InputSet,
  digests: readonly Digest[],
  compileTime: number,
): Manifest {
  const { design } = request;
  return {
    version: 1,
    id,
    request: request.key,
    toplevel: design.toplevel,
    simulator: design.simulator,
    trace: request.trace,
    facts: request.facts,
    files: Object.fromEntries(set.files.map((name, index) => [name, digests[index] ?? ''])),
    absent: set.absent,
    recorded: recordedRoots(request, set),
    cwd: design.cwd,
    host: hostname(),
    published: new Date().toISOString(),
    compileTime,
  };
}
