/** Names for paths that are the same in every checkout and every Python environment. */
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import { resolverIn } from '../options/paths.ts';
import { pythonFile } from '../package-folder.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import type { Toolchain } from '../simulators/simulator.ts';

/** A folder or program that may be somewhere else for the next user. */
interface PathRoot {
  /** What stands for it in a name. */
  readonly name: string;
  readonly folder: string;
}

/** Translates between paths and names in which the design's own folder, cocotb's, Verilator's and this package's don't occur. */
export interface PathRoots {
  /** Absolute folders, innermost first. */
  readonly list: readonly PathRoot[];
  /** Relative to the design's folder, or below `$cocotb`, `$verilator`, `$python` or `$mocha-cocotb`; absolute where it has nothing in common with these. */
  readonly nameOf: (file: string) => string;
  readonly pathOf: (name: string) => string;
  /** Any text, with the roots in it replaced by what stands for them. */
  readonly hide: (text: string) => string;
}

const designFolder = '$cwd';

/** The roots of a design. */
export function pathRootsOf(design: ResolvedDesign, python: PythonEnvironment, tools: Toolchain): PathRoots {
  const roots = Object.values(tools).map((tool) => tool.env['VERILATOR_ROOT']);
  const found: PathRoot[] = [
    { name: designFolder, folder: design.cwd },
    { name: '$mocha-cocotb', folder: path.dirname(pythonFile('warm.cpp')) },
    { name: '$cocotb', folder: path.dirname(python.shareDir) },
    ...roots.filter((root) => root !== undefined).map((folder) => ({ name: '$verilator', folder })),
    ...programsOf(tools),
  ];
  const prefix = path.dirname(path.dirname(python.python));
  // A system's Python is at the same place for everybody, and its folder holds everything else, too.
  if (!['/', '/usr', '/usr/local'].includes(prefix)) found.push({ name: '$python', folder: prefix });
  const list = found.sort((a, b) => b.folder.length - a.folder.length);
  const byFolder = new Map(list.map(({ name, folder }) => [folder, name]));
  const pattern = new RegExp(`(?:${list.map(({ folder }) => escape(folder)).join('|')})(?=$|[^\\w.-])`, 'g');

  const fromDesign = resolverIn(design.cwd);
  const prefixes = list.map(({ name, folder }) => ({ name, folder, path: `${folder}/` }));

  return {
    list,
    nameOf(file) {
      const root = prefixes.find(({ path: prefix }) => file.startsWith(prefix));
      if (root !== undefined) {
        const rest = file.slice(root.path.length);
        return root.name === designFolder ? rest : `${root.name}/${rest}`;
      }
      const relative = path.relative(design.cwd, file);
      return path.resolve(design.cwd, leadingDots(relative)) === '/' ? file : relative;
    },
    pathOf(name) {
      if (!name.startsWith('$')) return fromDesign(name);
      const root = prefixes.find((candidate) => name.startsWith(`${candidate.name}/`));
      return path.join(root?.folder ?? design.cwd, name.slice(root === undefined ? 0 : root.name.length + 1));
    },
    hide: (text) => text.replace(pattern, (folder) => byFolder.get(folder) ?? folder),
  };
}

/** Programs are known by what they are, not by where. */
function programsOf(tools: Toolchain): readonly PathRoot[] {
  return Object.values(tools).flatMap(({ name, argv }) =>
    argv.filter((word) => path.isAbsolute(word)).map((folder, index) => ({ name: `$${name}-${index}`, folder })),
  );
}

function leadingDots(relative: string): string {
  return /^(?:\.\.\/?)*/.exec(relative)?.[0] ?? '';
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
