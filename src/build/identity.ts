/** The identity of a build, and whether one is published for the files as they are. */
import path from 'node:path';
import { existsUncached } from '../filesystem/uncached.ts';
import type { Digest, Digests, Look } from './digests.ts';
import { readInputSets, type InputSet } from './input-set.ts';
import { digestOf, type Layout } from './layout.ts';
import type { BuildRequest } from './request.ts';
import { findExisting, type FilesByFolder } from './search-path.ts';

/** What the files are at a moment: a published build is made of them, or what is known of them. */
export type Contents =
  | { readonly published: string }
  | {
      readonly published: undefined;
      /** Digest of each file that may matter, by absolute path. */
      readonly digests: ReadonlyMap<string, Digest>;
      /** Digest of all of this: two processes that want the same build and see the same files have the same. */
      readonly attempt: string;
    };

/** Looks at every file that the request's compiles are known to read. Starts no process, and reads no file that hasn't changed. */
export async function readContents(request: BuildRequest, layout: Layout, digests: Digests): Promise<Contents> {
  const { pathOf } = request.roots;
  const look: Look = [];
  for (const set of readInputSets(layout, request.key)) {
    const contents = await digests.ofAll(set.files.map(pathOf), look);
    if (contents === undefined || findExisting(locate(set.absent, pathOf)).length > 0) continue;
    const id = identify(request, set, contents);
    if (await isPublished(layout, id)) {
      digests.save();
      return { published: id };
    }
  }
  const files = [...new Set([...look.flatMap((step) => step.files), ...request.declared])];
  const found = await digests.of(files, look);
  digests.save();
  const known = new Map(files.map((file, index) => [file, found[index]]));
  return { published: undefined, digests: known, attempt: attemptOf(request, known) };
}

/**
 * The id of the build that a request and the files of a set give.
 *
 * @param contents - Digest of all files of the set.
 */
export function identify(request: BuildRequest, set: InputSet, contents: string): string {
  const { files, absent } = set;
  return digestOf(JSON.stringify([request.key, files, contents, absent, Object.entries(recordedRoots(request, set))]));
}

/** The absolute paths that a build records, by root. */
export function recordedRoots(request: BuildRequest, set: InputSet): Record<string, string> {
  return Object.fromEntries(
    request.roots.list.filter(({ name }) => set.recorded.includes(name)).map(({ name, folder }) => [name, folder]),
  );
}

/** Whether there is a build of that id: a folder gets that name when it is whole. Asks the file server, for another node may just have published it. */
export async function isPublished(layout: Layout, id: string): Promise<boolean> {
  return existsUncached(path.join(layout.builds, id));
}

/** The names' folders as absolute paths. */
function locate(files: FilesByFolder, pathOf: (name: string) => string): FilesByFolder {
  return Object.fromEntries(Object.entries(files).map(([folder, names]) => [pathOf(folder), names]));
}

function attemptOf(request: BuildRequest, known: ReadonlyMap<string, Digest>): string {
  const contents = [...known].map(([file, digest]) => `${request.roots.nameOf(file)} ${digest ?? 'missing'}`);
  return digestOf(request.key, contents.sort().join('\n'));
}
