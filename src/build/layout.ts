/**
 * Where things are in the shared build folder.
 *
 * | path | what |
 * | --- | --- |
 * | `builds/<id>/` | a published build: never changed, removed by prune alone |
 * | `builds/<id>/manifest.json` | every input with its digest; what `explain` reads |
 * | `builds/<id>/memory-images.json` | where the sources' memory images are: all that a run needs of the manifest, which is large |
 * | `builds/<id>/compile.log` | what the tools printed |
 * | `staging/<attempt>+<token>/` | a compile under way, private to it; what a dead process left goes with the next attempt |
 * | `inputs/<request>/<set>.json` | which files a compile of that request read: the request is all that is known before anything is read |
 * | `digests/<folder>.json` | digests of the files of one checkout, by stat |
 * | `digests/<folder>-groups.json` | the same of many files together |
 * | `runtime/<key>/` | the simulator's own runtime, compiled |
 * | `calls/` | CallOnce's markers of attempts: what was compiled, or failed to, in which run |
 * | `failures/<attempt>.log` | what the tools printed when they failed |
 * | `uses/<id>/`, `uses/runtime-<key>/` | which processes use a build or a runtime, and for which run |
 * | `discovery/<modules>.json` | which cocotb tests Python modules have (see src/python) |
 * | `runs/<run>/` | simulations (see src/simulation) |
 */
import { createHash } from 'node:crypto';
import path from 'node:path';

export interface Layout {
  /** Absolute path of the shared folder itself. */
  readonly root: string;
  readonly builds: string;
  readonly staging: string;
  readonly inputs: string;
  readonly digests: string;
  readonly runtime: string;
  readonly calls: string;
  readonly failures: string;
  readonly uses: string;
  readonly discovery: string;
  readonly runs: string;
  readonly locks: string;
}

/** The folders of a shared build folder; makes none of them. */
export function layoutOf(simBuild: string): Layout {
  const at = (name: string): string => path.join(simBuild, name);
  return {
    root: simBuild,
    builds: at('builds'),
    staging: at('staging'),
    inputs: at('inputs'),
    digests: at('digests'),
    runtime: at('runtime'),
    calls: at('calls'),
    failures: at('failures'),
    uses: at('uses'),
    discovery: at('discovery'),
    runs: at('runs'),
    locks: at('.locks'),
  };
}

export const manifestName = 'manifest.json';
export const memoryImagesName = 'memory-images.json';
export const logName = 'compile.log';

/** A digest short enough for a folder's name and long enough never to collide: 128 bits in hex. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}
