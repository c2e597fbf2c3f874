/** What libraries do when a child exits, once the compiler's own destructors are left out. */
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { root } from '../support/project.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

const sources = {
  'plain.cpp': '#include <cstdio>\nstruct Tells { ~Tells() { std::puts("object destroyed"); } } object;\n',
  'own.c': '#include <stdio.h>\n__attribute__((destructor)) static void tell(void) { puts("own destructor"); }\n',
  'bare.c': `#include <stdio.h>
__attribute__((destructor)) static void tell(void) { puts("bare destructor"); }
void last(void) { puts("last function"); }
`,
  'other.c': 'int other;\n',
};

/** Takes those named first for extension modules of Python, and says how many destructors each library has left. */
const script = `
import ctypes, json, sys, types
from importlib.machinery import ExtensionFileLoader
sys.path.insert(0, sys.argv[1])
from mocha_cocotb import destructors, elf

folder, modules, others = sys.argv[2], sys.argv[3].split(), sys.argv[4].split()
for name in modules + others:
    ctypes.CDLL(f"{folder}/{name}")
for name in modules:
    module = sys.modules[name] = types.ModuleType(name)
    module.__loader__ = ExtensionFileLoader(name, f"{folder}/{name}")

def count(name):
    return elf.loaded(f"{folder}/{name}").entries()[elf.DT_FINI_ARRAYSZ].value // destructors.POINTER

destructors.leave_out()
print(json.dumps({name: count(name) for name in modules + others}), flush=True)
`;

describe('destructors of libraries', function () {
  this.timeout(30_000);
  let files: Scratch;

  before(async () => {
    files = scratch(sources);
    const compile = async (compiler: string, source: string, library: string, ...more: readonly string[]) =>
      execa(compiler, ['-shared', '-fPIC', '-o', library, source, ...more], { cwd: files.folder });
    await Promise.all([
      compile('c++', 'plain.cpp', 'plain.so'),
      compile('cc', 'own.c', 'own.so'),
      // Without the compiler's own.
      compile('cc', 'bare.c', 'bare.so', '-nostartfiles', '-Wl,-fini,last'),
      compile('cc', 'other.c', 'module.so'),
      compile('cc', 'other.c', 'other.so'),
    ]);
  });

  after(() => {
    files[Symbol.dispose]();
  });

  it('run as ever, but for those that the compiler adds to extension modules', async () => {
    const { stdout } = await execa('python3', [
      ...['-c', script, path.join(root, 'python'), files.folder],
      ...['plain.so own.so bare.so module.so', 'other.so'],
    ]);
    const [counts = '', ...atExit] = stdout.split('\n');
    expect(atExit.sort()).to.deep.equal(['bare destructor', 'last function', 'object destroyed', 'own destructor']);
    const all = { 'plain.so': 1, 'own.so': 2, 'bare.so': 1, 'module.so': 1, 'other.so': 1 };
    const left = { ...all, 'plain.so': 0, 'module.so': 0 };
    expect(JSON.parse(counts)).to.deep.equal(process.arch === 'x64' ? left : all);
  });
});
