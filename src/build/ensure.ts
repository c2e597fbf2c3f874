/** Gets the published build of a request: looks, and has it compiled until what is looked at is published. */
import { makeAttempt, type AttemptOptions } from './attempt.ts';
import { BuildAccess, BuildFailed, BuildInputChanged, refusedPath } from './errors.ts';
import { isPublished, readContents } from './identity.ts';
import { digestOf } from './layout.ts';
import type { BuildRequest } from './request.ts';
import { registerUse, waitForPrune } from './registered-uses.ts';

export interface Ensured {
  readonly id: string;
  /** Whether this call compiled it. */
  readonly compiled: boolean;
}

/** How often the files may change between an attempt and the look at what it gave. */
const maxRounds = 5;

/** @throws BuildFailed, BuildInputChanged, BuildAccess, and the signal's reason */
export async function ensurePublished(request: BuildRequest, options: AttemptOptions): Promise<Ensured> {
  try {
    return await lookAndAttempt(request, options);
  } catch (error) {
    const refused = refusedPath(error, options.layout.root);
    throw refused === undefined ? error : new BuildAccess(refused, error);
  }
}

async function lookAndAttempt(request: BuildRequest, options: AttemptOptions): Promise<Ensured> {
  const { layout, digests, run, signal } = options;
  let compiled = false;
  for (let round = 0; round < maxRounds; round++) {
    signal.throwIfAborted();
    const contents = await readContents(request, layout, digests);
    if (contents.published !== undefined) {
      registerUse(layout, contents.published, run);
      await waitForPrune(layout, signal);
      if (await isPublished(layout, contents.published)) return { id: contents.published, compiled };
      continue;
    }
    const attempt = await runAttempt(request, options, contents.attempt);
    compiled ||= attempt.didCompile;
    // It was done before and is gone, or is of files that have been changed since, or its process gave up.
    if (!attempt.didCompile && (round > 0 || attempt.ending === 'aborted')) await attempt.forget();
  }
  throw new BuildInputChanged(request.design.toplevel, [`its files, ${maxRounds} times in a row`]);
}

async function runAttempt(
  request: BuildRequest,
  options: AttemptOptions,
  contents: string,
): Promise<{ readonly ending: 'done' | 'aborted'; readonly didCompile: boolean; forget(): Promise<void> }> {
  const nameOf = (...parts: readonly string[]): string =>
    `${request.design.toplevel.replace(/\W+/g, '_').slice(0, 40)}-${digestOf(...parts)}`;
  let attempt = makeAttempt(nameOf(contents), request, options);
  let ending: 'done' | 'aborted';
  try {
    ending = await attempt.ensureDone();
  } catch (error) {
    // Failed earlier in this run. Files that no one knows to matter may have been mended since.
    const seen = request.fingerprint();
    if (!(error instanceof BuildFailed) || attempt.didCompile || error.seen === seen) throw error;
    attempt = makeAttempt(nameOf(contents, seen), request, options);
    ending = await attempt.ensureDone();
  }
  return { ending, didCompile: attempt.didCompile, forget: () => attempt.forget() };
}
