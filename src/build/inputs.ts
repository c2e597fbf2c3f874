/** Which files a finished compile depends on, and whether they changed while it ran. */
import { readFileSync, type BigIntStats } from 'node:fs';
import path from 'node:path';
import type { CompilePlan } from '../simulators/simulator.ts';
import { readDependencies } from './dependency-files.ts';
import type { Digest, Digests } from './digests.ts';
import { changeTime, statFiles } from './file-stats.ts';
import type { InputSet } from './input-set.ts';
import type { Layout } from './layout.ts';
import type { MemoryImages } from './manifest.ts';
import { findMemoryImages, memoryImagePlaces, stringConstants } from './memory-images.ts';
import type { BuildRequest } from './request.ts';
import { findAbsent, findExisting, groupByFolder, searchFolders } from './search-path.ts';

/** Extensions under which every simulator looks for a module. */
const moduleExtensions = ['.v', '.sv'];

/** The files that a compile in `staging` read, or would have read had they been there. */
export function gatherInputs(
  request: BuildRequest,
  plan: CompilePlan,
  staging: string,
  layout: Layout,
): Omit<InputSet, 'recorded'> & { readonly memoryImages: MemoryImages } {
  const { design, declared } = request;
  const isOurs = (file: string): boolean =>
    [layout.staging, layout.runtime].some((folder) => file.startsWith(`${folder}/`));
  const reported = readDependencies(plan, staging, design.cwd).filter((file) => !isOurs(file));
  const own = new Set(declared);
  const found = reported.filter((file) => !own.has(file));
  const folders = searchFolders(design, plan);
  const absent = findAbsent(
    // What comes with the simulator or with cocotb is not searched for.
    found.filter((file) => !request.roots.nameOf(file).startsWith('$')),
    folders,
    [...new Set([...moduleExtensions, ...design.libraryExtensions])],
  );

  const images = findImages(request, [...declared, ...found], folders);
  const places = [...images.values()].flat();
  const present = findExisting(groupByFolder(places));
  const files = new Set([...declared, ...found, ...present]);
  const missingImages = places.filter((image) => !files.has(image));
  return {
    files: [...files].map(request.roots.nameOf).sort(),
    absent: groupByFolder([...new Set([...absent, ...missingImages].map(request.roots.nameOf))]),
    memoryImages: Object.fromEntries(
      [...images].flatMap(([name, candidates]) => {
        const image = candidates.find((candidate) => files.has(candidate));
        return image === undefined || path.isAbsolute(name) ? [] : [[name, request.roots.nameOf(image)]];
      }),
    ),
  };
}

/**
 * Files that are not what they were before the compile. One that was not known then is suspect if it may have changed since `start`, a
 * time by the build folder's clock, which need not be the file's own: `isCertain` tells.
 *
 * @param uncertainty - How much later than its stamp a file may have changed, ns.
 */
export async function findChanged(
  files: readonly string[],
  before: ReadonlyMap<string, Digest>,
  start: bigint,
  uncertainty: (file: string, stat: BigIntStats) => bigint,
  digests: Digests,
): Promise<{
  readonly files: readonly string[];
  readonly isCertain: boolean;
  readonly after: ReadonlyMap<string, Digest>;
}> {
  const latestChanges = await statFiles(files, (stat, file) => stat && changeTime(stat) + uncertainty(file, stat));
  const now = await digests.of(files);
  const known = files.filter((file, index) => before.has(file) && before.get(file) !== now[index]);
  const suspect = files.filter((file, index) => {
    const changed = latestChanges[index];
    return !before.has(file) && (changed === undefined || changed >= start);
  });
  return {
    files: [...known, ...suspect],
    isCertain: known.length > 0,
    after: new Map(files.map((file, index) => [file, now[index]])),
  };
}

/** The places where each memory image may be, by its name in the sources. */
function findImages(
  request: BuildRequest,
  files: readonly string[],
  folders: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const { design } = request;
  const constants = stringConstants(design.defines, design.parameters);
  const verilog = new Set(design.sources.filter(({ language }) => language === 'verilog').map((source) => source.path));
  const images = new Map<string, readonly string[]>();
  for (const file of files) {
    if (!verilog.has(file) && !/\.s?vh?$/.test(file)) continue;
    const content = readFileSync(file);
    if (!content.includes('$readmem')) continue;
    for (const name of findMemoryImages(content.toString('utf8'), constants)) {
      const places = memoryImagePlaces(name, [...folders, path.dirname(file)]);
      images.set(name, [...new Set([...(images.get(name) ?? []), ...places])]);
    }
  }
  return images;
}
