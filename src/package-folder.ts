/** Finds the files that this package ships beside its code, from the sources and from the compiled package alike. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of a file in the package's `python/` folder. */
export function pythonFile(name: string): string {
  return packageFile('python', name);
}

/** Absolute path of a file in the package, by its path from the package's root. */
export function packageFile(...parts: readonly string[]): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, ...parts);
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder)) {
      throw new TypeError(`${parts.join('/')} is missing from the package around ${import.meta.dirname}`);
    }
  }
}

/** Absolute path of the package's root; undefined where somebody has bundled this module into a file elsewhere. */
export function packageRoot(): string | undefined {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'python/mocha_cocotb'))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** Absolute path of one of our modules, by its path from the root without extension: the source where we run from source, else the compiled one. */
export function packageModule(name: string): string {
  return import.meta.filename.endsWith('.ts') ? packageFile(`${name}.ts`) : packageFile('dist', `${name}.js`);
}
