/** Memory images that Verilog sources name in a constant: `$readmemh("boot.hex", memory)`. */
import path from 'node:path';

/** Strings that a name may stand for: macros and parameters, by name. */
export type Constants = Readonly<Record<string, string>>;

/**
 * File names in the `$readmemh` and `$readmemb` calls of one source: string literals, and macros or parameters that this source,
 * a define or a parameter of the design sets to one. A name that is computed at run time can't be told.
 */
export function findMemoryImages(source: string, constants: Constants): readonly string[] {
  if (!source.includes('$readmem')) return [];
  const text = source.replace(
    /\/\*[\s\S]*?\*\/|("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*/g,
    (_, literal?: string) => literal ?? ' ',
  );
  const names = new Set<string>();
  for (const [, literal, identifier] of text.matchAll(
    /\$readmem[hb]\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|`?([A-Za-z_]\w*))/g,
  )) {
    if (literal !== undefined) names.add(literal);
    if (identifier === undefined) continue;
    const given = constants[identifier];
    if (given !== undefined) names.add(given);
    for (const [, value] of text.matchAll(new RegExp(`\\b${identifier}\\s*=?\\s*"([^"\\n]*)"`, 'g'))) {
      if (value !== undefined) names.add(value);
    }
  }
  return [...names].filter((name) => name !== '');
}

/**
 * Where a memory image may be: the simulator opens it when it runs, relative to the simulation's working folder, which the build doesn't
 * know. So every place that a project can mean is watched: the design's folder, the naming source's and the include folders.
 */
export function memoryImagePlaces(name: string, folders: readonly string[]): readonly string[] {
  return path.isAbsolute(name) ? [path.normalize(name)] : folders.map((folder) => path.resolve(folder, name));
}

/** The constants that a design's own defines and parameters set to a string, without the quotes of either language or shell. */
export function stringConstants(...records: readonly Readonly<Record<string, unknown>>[]): Constants {
  return Object.fromEntries(
    records.flatMap((record) =>
      Object.entries(record).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value.replace(/^\\?"([\s\S]*?)\\?"$/, '$1')]] : [],
      ),
    ),
  );
}
