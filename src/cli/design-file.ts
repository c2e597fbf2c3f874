/** Reads from a design file the little that a first spec needs: its toplevel and its clock. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { InitFailed } from './errors.ts';

export interface DesignFile {
  /** As given, relative to the working folder. */
  readonly file: string;
  readonly toplevel: string;
  /** Input that looks like the clock. */
  readonly clock: string | undefined;
}

/** How deep below the working folder a design file is looked for. */
const searchDepth = 3;

/** The first design file in a folder, relative to it: nearest first, testbenches last of all. */
export async function findDesignFile(folder: string): Promise<string | undefined> {
  let level = [''];
  for (let depth = 0; depth <= searchDepth; depth++) {
    const below: string[] = [];
    const found: string[] = [];
    for (const at of level) {
      for (const entry of await readdir(path.join(folder, at), { withFileTypes: true }).catch(() => [])) {
        const name = path.join(at, entry.name);
        if (entry.isDirectory() && !/^(\..*|node_modules|sim_build|dist)$/.test(entry.name)) below.push(name);
        else if (/\.(sv|v|vhdl?)$/i.test(entry.name) && !/(^|_)(tb|test|testbench)[_.]/i.test(entry.name))
          found.push(name);
      }
    }
    const [first] = found.sort();
    if (first !== undefined) return first;
    level = below.sort();
  }
  return undefined;
}

/** @throws InitFailed when the file can't be read or has neither a module nor an entity. */
export async function describeDesignFile(cwd: string, file: string): Promise<DesignFile> {
  const text = await readFile(path.resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new InitFailed(`Design file ${file} can't be read: ${String(error)}`);
  });
  const isVhdl = /\.vhdl?$/i.test(file);
  const code = isVhdl ? text.replace(/--.*$/gm, '') : text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
  const unit = isVhdl ? /\bentity\s+(\w+)\s+is\b/gi : /\bmodule\s+(?:(?:automatic|static)\s+)?([A-Za-z_]\w*)/g;
  const names = [...code.matchAll(unit)].map(([, name]) => name ?? '');
  const stem = path.basename(file).replace(/\.\w+$/, '');
  const toplevel = names.find((name) => name === stem) ?? names[0];
  if (toplevel === undefined) {
    throw new InitFailed(`Design file ${file} has no ${isVhdl ? 'entity' : 'module'}. Name the file of the toplevel.`);
  }
  const clock = isVhdl
    ? /\b(\w*(?:clk|clock)\w*)\s*:\s*in\b/i
    : /\binput\b[^;,)]*?\b((?:\w*_)?a?(?:clk|clock)(?:_\w+)?)\b/i;
  return { file, toplevel, clock: clock.exec(code)?.[1] };
}
