/** Finds the Python files that this package ships, from the sources and from the compiled package alike. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of a file in the package's `python/` folder. */
export function pythonFile(name: string): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'python', name);
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder)) {
      throw new TypeError(`python/${name} is not in the package of ${fileURLToPath(import.meta.url)}`);
    }
  }
}
