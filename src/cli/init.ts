/** `mocha-cocotb init`: writes a first spec and a first cocotb test for a design that is there. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { InitFailed } from './errors.ts';
import { describeDesignFile, findDesignFile } from './design-file.ts';
import { firstCocotbTest, firstSpec } from './first-files.ts';

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('init')
    .description('write a first spec and a first cocotb test for a design file; never overwrites a file')
    .argument('[design]', 'SystemVerilog, Verilog or VHDL file (default: the first found here)')
    .action(init);
}

async function init(named: string | undefined): Promise<void> {
  const cwd = process.cwd();
  const file = named ?? (await findDesignFile(cwd));
  if (file === undefined) {
    throw new InitFailed(
      `No .sv, .v, .vhd or .vhdl file found in ${cwd}. Name one: mocha-cocotb init path/to/design.sv`,
    );
  }
  const design = await describeDesignFile(cwd, file);
  const extension = await specExtension(cwd);
  const folder = path.dirname(file);
  const spec = path.join(folder, `${design.toplevel}.spec.${extension}`);
  await writeNew(path.join(folder, `test_${design.toplevel}.py`), firstCocotbTest(design));
  await writeNew(spec, firstSpec(design));
  const pattern = `${folder === '.' ? '' : `${folder}/`}**/*.spec.${extension}`;
  const configuration = {
    spec: [pattern],
    ignore: ['node_modules/**'],
    ...(extension === 'ts' && { 'node-option': ['import=tsx'] }),
  };
  const present = await readMochaConfiguration(cwd);
  if (present === undefined) {
    await writeNew('.mocharc.json', `${JSON.stringify(configuration, undefined, 2)}\n`);
  } else if (!present.includes(pattern) || (extension === 'ts' && !present.includes('tsx'))) {
    console.log(`Kept mocha's configuration. To find and load this spec it needs ${JSON.stringify(configuration)}`);
  }
  console.log(`Run it: npx mocha-cocotb ${spec}`);
}

async function writeNew(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    console.log(`Wrote ${file}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new InitFailed(`${file} not written: ${String(error)}`);
    console.log(`Kept ${file}, which is there already`);
  }
}

/** TypeScript where the project can load it; an extension that is a module in any case otherwise. */
async function specExtension(cwd: string): Promise<'ts' | 'js' | 'mjs'> {
  const manifest = await readManifest(cwd);
  if ('tsx' in { ...manifest.dependencies, ...manifest.devDependencies }) return 'ts';
  return manifest.type === 'module' ? 'js' : 'mjs';
}

/** Its text, in whatever form it is. */
async function readMochaConfiguration(cwd: string): Promise<string | undefined> {
  const name = (await readdir(cwd)).find((entry) => /^\.mocharc\.(jsonc?|ya?ml|[cm]?js)$/.test(entry));
  if (name !== undefined) return readFile(path.join(cwd, name), 'utf8');
  const { mocha } = await readManifest(cwd);
  return mocha === undefined ? undefined : JSON.stringify(mocha);
}

interface Manifest {
  readonly type?: string;
  readonly mocha?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function readManifest(cwd: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(path.join(cwd, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}
