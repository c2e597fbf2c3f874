/** Has Node keep what it compiled, where it can (22.1 and newer): loading modules is most of a start, which then takes a sixth less. */
import nodeModule from 'node:module';
import path from 'node:path';
import { isLocalFolder } from './filesystem/local.ts';
import { liveVariables } from './options/variables.ts';
import { userCacheFolder } from './python/remembered.ts';

/** It compares each source with the one that was compiled, and never throws. The types of the oldest Node that we support don't have it. */
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: (folder: string) => unknown };

/**
 * For all modules that this process loads from now on. Not on a file server, where so many small files would cost more than they save, and not while coverage of
 * JavaScript is measured, which would be less precise (https://nodejs.org/api/module.html#module-compile-cache). `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
export function keepCompiledModules(): void {
  const variables = liveVariables();
  const folder = userCacheFolder(variables);
  if (variables['NODE_V8_COVERAGE'] === undefined && isLocalFolder(folder)) {
    enableCompileCache?.(path.join(folder, 'node'));
  }
}
