/** This project, as a user has it: the compiled package, one spec with describeCocotb for each test module. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { selectionEnv, sumOf, type Contender } from './contender.ts';

export interface OursOptions {
  readonly isolation: 'test' | 'module';
  readonly launch: 'auto' | 'cold';
}

/** The one that peers are compared with is `isolation: 'test'` as it starts by default. */
export function ours({ isolation, launch }: OursOptions): Contender {
  const details = [...(isolation === 'test' ? [] : ["isolation: 'module'"]), ...(launch === 'auto' ? [] : ['cold'])];
  return {
    name: details.length === 0 ? 'mocha-cocotb' : `mocha-cocotb, ${details.join(', ')}`,
    kind: 'ours',
    wantsModulePerTest: false,
    isReference: details.length === 0,
    prepare: (folder, { root }) => prepareSpecFolder(folder, root, { 'bench.spec.js': spec }),
    command: (folder, { root, ownEnv }, selection) => ({
      argv: [process.execPath, path.join(root, 'dist/src/cli/main.js'), 'bench.spec.js'],
      cwd: folder,
      env: {
        ...ownEnv,
        ...selectionEnv(selection),
        // So that nothing was learned before the first run.
        XDG_CACHE_HOME: path.join(folder, 'cache'),
        BENCH_ISOLATION: isolation,
        MOCHA_COCOTB_LAUNCH: launch,
      },
    }),
    countPassed: (log) => sumOf(log, /^\s*(\d+) passing/gm),
  };
}

/** Makes a folder in which spec files find this package as they would when it is installed. */
export async function prepareSpecFolder(
  folder: string,
  root: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(path.join(folder, 'node_modules'), { recursive: true });
  await symlink(root, path.join(folder, 'node_modules/mocha-cocotb'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'bench', type: 'module' }));
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path.join(folder, name), content)));
}

const spec = `import { readFileSync } from 'node:fs';
import { defineDesign, describeCocotb } from 'mocha-cocotb';

const { BENCH_FIRST, BENCH_COUNT, BENCH_ISOLATION } = process.env;
const { designs, tests } = JSON.parse(readFileSync('project.json', 'utf8'));
const selected = tests.slice(Number(BENCH_FIRST), Number(BENCH_FIRST) + Number(BENCH_COUNT));

for (const { name, toplevel, sources, parameters } of designs) {
  const modules = new Set(selected.filter(({ design }) => design === name).map(({ module }) => module));
  if (modules.size === 0) continue;
  const design = defineDesign({ toplevel, sources, parameters, timescale: '1ns/1ps' });
  for (const testModule of modules) {
    describeCocotb(testModule, { design, testModule, pythonPath: ['.'], isolation: BENCH_ISOLATION });
  }
}
`;
