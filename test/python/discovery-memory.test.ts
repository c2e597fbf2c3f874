/** Discovery remembers what it found until something changes that the modules read. */
import { readFile, utimes } from 'node:fs/promises';
import { expect } from 'chai';
import type { DiscoveryRequest } from '../../src/python/discovery.ts';
import { failureOf, Modules } from './discovering.ts';
import type { Scratch } from './scratch.ts';

describe('discoverTests remembers what it found', () => {
  let modules: Modules;
  let scratch: Scratch;

  before(async () => {
    modules = await Modules.make();
    ({ scratch } = modules);
  });
  after(() => scratch.remove());

  /** Counts its imports in a file, unseen: a file opened for appending is no input. */
  const counting = `
import os, cocotb, sys
with open(os.path.join(os.path.dirname(__file__), __name__ + ".count"), "a") as out: out.write("x")
@cocotb.test
async def counted(dut): pass
`;
  /** How often a module was imported so far. */
  const imports = async (name: string) => (await readFile(scratch.path(`lib/${name}.count`), 'utf8')).length;

  const expectImports = async (name: string, count: number, request: Partial<DiscoveryRequest> = {}) => {
    await modules.discover({ modules: [name], ...request });
    expect(await imports(name)).to.equal(count);
  };

  it('until one of the Python files changes, by content', async () => {
    await scratch.write('lib/part.py', 'one = 1\n');
    await scratch.write('lib/pack/__init__.py', 'from . import inner\n');
    await scratch.write('lib/pack/inner.py', 'two = 2\n');
    await scratch.write('lib/count_files.py', `import part, pack\n${counting}`);
    await expectImports('count_files', 1);
    await expectImports('count_files', 1);
    await utimes(scratch.path('lib/part.py'), new Date(), new Date());
    await expectImports('count_files', 1);
    await scratch.write('lib/pack/inner.py', 'two = 3\n');
    await expectImports('count_files', 2);
    await expectImports('count_files', 2);
  });

  it('until a data file, a listed folder or a variable that it read changes', async () => {
    await scratch.write('lib/cases.json', '[1]');
    await scratch.write('lib/data/one.txt', '');
    const reading = `import glob, json, os
here = os.path.dirname(__file__)
json.load(open(os.path.join(here, "cases.json")))
glob.glob(os.path.join(here, "data", "*.txt"))
os.environ.get("READ_BY_TEST")
`;
    await scratch.write('lib/count_data.py', reading + counting);
    await expectImports('count_data', 1);
    await expectImports('count_data', 1, { extraEnv: { NOT_READ: 'x' } });
    await scratch.write('lib/cases.json', '[1, 2]');
    await expectImports('count_data', 2);
    await scratch.write('lib/data/two.txt', '');
    await expectImports('count_data', 3);
    await expectImports('count_data', 4, { extraEnv: { READ_BY_TEST: 'y' } });
    await expectImports('count_data', 4, { extraEnv: { READ_BY_TEST: 'y' } });
  });

  it('until a module comes that would be found first', async () => {
    await scratch.write('lib/shadowed.py', 'one = 1\n');
    await scratch.write('lib/count_shadow.py', `import shadowed\n${counting}`);
    const request = { pythonPath: [scratch.path('front'), scratch.path('lib')] };
    await expectImports('count_shadow', 1, request);
    await scratch.write('front/notes.txt', 'no module');
    await expectImports('count_shadow', 1, request);
    await scratch.write('front/shadowed.py', 'one = 2\n');
    await expectImports('count_shadow', 2, request);
  });

  it('that a module needs a simulation, too', async () => {
    await scratch.write('lib/count_needs.py', `${counting}cocotb.top\n`);
    await expectImports('count_needs', 1);
    await expectImports('count_needs', 1);
  });

  it('nothing of a module that asked other processes, or that failed', async () => {
    await scratch.write('lib/count_process.py', `import subprocess\nsubprocess.run(["true"])\n${counting}`);
    await expectImports('count_process', 1);
    await expectImports('count_process', 2);
    await scratch.write('lib/count_failed.py', `${counting}import no_such_module\n`);
    await failureOf(modules.discover({ modules: ['count_failed'] }));
    await failureOf(modules.discover({ modules: ['count_failed'] }));
    expect(await imports('count_failed')).to.equal(2);
  });
});
