/** Discovery remembers what it found until something changes that the modules read. */
import { execFile } from 'node:child_process';
import { readFile, stat, utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { DiscoveryRequest } from '../../src/python/discovery.ts';
import { failureOf, Modules, namesOf } from './discovering.ts';
import type { Scratch } from './scratch.ts';

const run = promisify(execFile);

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

  describe('as it was when it was read, though it is edited during the import:', () => {
    /** Its test is named after what it read, and after that, in the first import, it does the edit. */
    const editing = (read: string, edit: string) => `
import glob, os, cocotb
here = os.path.dirname(__file__)
def write(name, text):
    with open(os.path.join(here, name), "w") as out: out.write(text)
${read}
if seen == "old":
    ${edit}
@cocotb.test(name=seen)
async def found(dut): pass
`;
    const cases: Readonly<Record<string, readonly [before: Record<string, string>, read: string, edit: string]>> = {
      'another module': [
        { 'edited_part.py': 'kind = "old"\n' },
        'from edited_part import kind as seen',
        'write("edited_part.py", \'kind = "new"\\n\')',
      ],
      'a data file': [
        { edited_data: 'old' },
        'seen = open(os.path.join(here, "edited_data")).read()',
        'write("edited_data", "new")',
      ],
      'a data file that is not there yet': [
        {},
        'seen = "new"\ntry: open(os.path.join(here, "edited_later"))\nexcept OSError: seen = "old"',
        'write("edited_later", "")',
      ],
      'a folder': [
        { 'edited/one': '' },
        'seen = "new" if len(glob.glob(os.path.join(here, "edited", "*"))) > 1 else "old"',
        'write("edited/two", "")',
      ],
      'a folder of modules': [
        {},
        'try: from edited_new import kind as seen\nexcept ImportError: seen = "old"',
        'write("edited_new.py", \'kind = "new"\\n\')',
      ],
    };
    for (const [title, [before, read, edit]] of Object.entries(cases)) {
      it(title, async () => {
        for (const [name, text] of Object.entries(before)) await scratch.write(`lib/${name}`, text);
        const name = `test_edits_${title.replaceAll(' ', '_')}`;
        await scratch.write(`lib/${name}.py`, editing(read, edit));
        expect(namesOf(await modules.discover({ modules: [name] }))).to.deep.equal(['old']);
        expect(namesOf(await modules.discover({ modules: [name] }))).to.deep.equal(['new']);
      });
    }

    it('the module itself', async () => {
      const test = (name: string) => `@cocotb.test\nasync def ${name}(dut): pass\n`;
      const text = `import cocotb\n${test('one')}`;
      await scratch.write(
        'lib/test_edits_itself.py',
        `${text}with open(__file__, "w") as out: out.write(${JSON.stringify(text + test('two'))})\n`,
      );
      expect(namesOf(await modules.discover({ modules: ['test_edits_itself'] }))).to.deep.equal(['one']);
      expect(namesOf(await modules.discover({ modules: ['test_edits_itself'] }))).to.deep.equal(['one', 'two']);
    });
  });

  it('until a module changes that was imported before, and has bytecode', async () => {
    await scratch.write('lib/compiled_part.py', 'kind = "old"\n');
    await run(modules.python.python, ['-m', 'py_compile', scratch.path('lib/compiled_part.py')]);
    const text = 'import cocotb, compiled_part\n@cocotb.test(name=compiled_part.kind)\nasync def found(dut): pass\n';
    await scratch.write('lib/test_compiled.py', text);
    expect(namesOf(await modules.discover({ modules: ['test_compiled'] }))).to.deep.equal(['old']);
    // Of the same size and within the same second: the bytecode seems to be up to date.
    const { atime, mtime } = await stat(scratch.path('lib/compiled_part.py'));
    await scratch.write('lib/compiled_part.py', 'kind = "new"\n');
    await utimes(scratch.path('lib/compiled_part.py'), atime, mtime);
    expect(namesOf(await modules.discover({ modules: ['test_compiled'] }))).to.deep.equal(['new']);
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

  it('nothing of a module that read a pipe, which is left to it', async () => {
    const reading = `import threading
pipe = os.path.join(os.path.dirname(__file__), "pipe")
os.mkfifo(pipe)
threading.Thread(target=lambda: open(pipe, "w").write("x")).start()
assert open(pipe).read() == "x"
os.remove(pipe)
`;
    await scratch.write('lib/count_pipe.py', counting + reading);
    await expectImports('count_pipe', 1);
    await expectImports('count_pipe', 2);
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
