/** One attempt at a build: compiled by whoever asks first, its outcome shared by everybody who wants it. */
import { CallOnce } from '../locks/call-once.ts';
import { CallOnceFailed } from '../locks/errors.ts';
import { OWN_STALE_TIMEOUT } from '../locks/options.ts';
import { holdPythonEnvironment } from '../python/hold.ts';
import type { Digests } from './digests.ts';
import { BuildAccess, BuildFailed, BuildInputChanged, refusedPath } from './errors.ts';
import { readContents } from './identity.ts';
import type { Layout } from './layout.ts';
import { makeBuild } from './make-build.ts';
import type { BuildRequest } from './request.ts';

export interface AttemptOptions {
  readonly layout: Layout;
  readonly digests: Digests;
  /** Names the run whose processes share a failure. */
  readonly run: string;
  readonly signal: AbortSignal;
  /** Called with what the tools print. */
  readonly onOutput?: (text: string) => void;
}

export interface Attempt {
  /** How the attempt ended, for every process of the run that asks for the same. @throws BuildFailed, BuildInputChanged, BuildAccess */
  ensureDone(): Promise<'done' | 'aborted'>;
  /** Forgets how it ended, so that the next call compiles. */
  forget(): Promise<void>;
  /** Whether it was this call that compiled. */
  readonly didCompile: boolean;
}

/**
 * An attempt is known by what is asked for and what the files were. `CallOnce` has it done once at a time, gives a failure to everybody of the same run and to
 * who was waiting for it, and lets the next run try again.
 */
export function makeAttempt(name: string, request: BuildRequest, options: AttemptOptions): Attempt {
  const { layout, signal, run } = options;
  let didCompile = false;
  const once = new CallOnce<'done' | 'aborted'>({
    path: layout.calls,
    name,
    run,
    timeout: request.design.lockTimeout,
    staleTimeout: OWN_STALE_TIMEOUT,
    signal,
    fn: async (lost) => {
      const ending = AbortSignal.any([signal, lost]);
      try {
        const contents = await readContents(request, layout, options.digests);
        if (contents.published !== undefined) return 'done';
        didCompile = true;
        await holdPythonEnvironment(request.python, ending);
        await makeBuild(name, request, contents.digests, { ...options, signal: ending });
        return 'done';
      } catch (error) {
        // That one process of a run gives up is no failure of the build.
        if (ending.aborted) return 'aborted';
        const refused = refusedPath(error, layout.root);
        throw refused === undefined ? error : new BuildAccess(refused, error);
      }
    },
  });
  return {
    async ensureDone() {
      try {
        return await once.ensureDone();
      } catch (error) {
        throw error instanceof CallOnceFailed ? originalError(error) : error;
      }
    },
    forget: () => once.clean(),
    get didCompile() {
      return didCompile;
    },
  };
}

/** The error as it was thrown, here or in another process. */
function originalError(error: CallOnceFailed): unknown {
  const { originalName, originalFields: fields } = error;
  if (error.cause !== undefined) return error.cause;
  // What these fields hold was written by the same class.
  if (originalName === BuildFailed.name) return new BuildFailed(fields as unknown as BuildFailed);
  if (originalName === BuildInputChanged.name) {
    const { toplevel, files } = fields as unknown as BuildInputChanged;
    return new BuildInputChanged(toplevel, files);
  }
  if (originalName === BuildAccess.name) return new BuildAccess((fields as unknown as BuildAccess).path, error);
  return error;
}
