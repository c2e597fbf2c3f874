/** Discovery of cocotb tests without a simulator: what is found, what needs a simulator, what is remembered. */
import { execFile } from 'node:child_process';
import { readFile, utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { discoverTests, type Discovery, type DiscoveryRequest } from '../../src/python/discovery.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import { DiscoveryFailed } from '../../src/python/errors.ts';
import { Scratch, testEnvironment } from './scratch.ts';

/** Tests of all kinds. */
const kinds = `
import enum
import cocotb
from cocotb.regression import TestFactory
from helper import borrowed

class Mode(enum.Enum):
    FAST = 1

@cocotb.test()
async def plain(dut):
    """Does it.

    With more words.
    """

@cocotb.test(stage=-1)
async def early(dut): pass

@cocotb.test
@cocotb.parametrize(width=[8, 16], mode=[Mode.FAST, "a b", None])
async def adds(dut, width, mode): pass

@cocotb.test(skip=True)
@cocotb.parametrize((("x", "y"), [(1, 2.5), (True, len)]))
async def pairs(dut, x, y): pass

@cocotb.test(expect_fail=True, name="renamed.test")
async def fails(dut): pass

@cocotb.xfail(raises=ValueError)
@cocotb.test
async def raises(dut): pass

class Holder:
    @cocotb.test()
    async def nested(dut): pass

alias = Holder.nested

async def made(dut, n): pass
factory = TestFactory(made)
factory.add_option("n", [1, 2])
factory.generate_tests()
`;

describe('discoverTests', () => {
  let scratch: Scratch;
  let python: PythonEnvironment;
  let modules = 0;

  before(async () => {
    scratch = await Scratch.make();
    python = await testEnvironment();
  });
  after(() => scratch.remove());

  const discover = (request: Partial<DiscoveryRequest> & Pick<DiscoveryRequest, 'modules'>): Promise<Discovery> =>
    discoverTests(python, {
      pythonPath: [scratch.path('lib')],
      extraEnv: {},
      cacheFolder: scratch.path('cache'),
      ...request,
    });

  /** Discovers the tests of a module with that text. */
  const discoverIn = async (text: string, request: Partial<DiscoveryRequest> = {}): Promise<Discovery> => {
    const name = `test_${++modules}`;
    await scratch.write(`lib/${name}.py`, text);
    return discover({ modules: [name], ...request });
  };
  const namesOf = (discovery: Discovery): readonly string[] =>
    discovery.state === 'found' ? discovery.tests.map(({ name }) => name) : [discovery.reason];
  const failureOf = async (discovery: Promise<Discovery>): Promise<DiscoveryFailed> => {
    const error: unknown = await discovery.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DiscoveryFailed);
    return error as DiscoveryFailed;
  };

  it('finds the tests that cocotb runs, under its names, by stage', async () => {
    await scratch.write('lib/helper.py', 'import cocotb\n@cocotb.test\nasync def borrowed(dut): pass\n');
    await scratch.write('lib/test_kinds.py', kinds);
    const found = await discover({ modules: ['test_kinds', 'helper'] });
    if (found.state !== 'found') throw new Error(found.reason);
    const reported = await simulate(['test_kinds', 'helper']);
    expect(found.tests.map(({ fullName }) => fullName).sort()).to.deep.equal([...reported].sort());
    expect(found.tests.map(({ name }) => name)).to.include.members(['adds/width=16/mode=1', 'renamed.test']);
    expect(found.tests.find(({ name }) => name === 'plain')).to.deep.equal({
      module: 'test_kinds',
      name: 'plain',
      fullName: 'test_kinds.plain',
      file: scratch.path('lib/test_kinds.py'),
      line: 10,
      skip: false,
      expectFail: false,
      doc: 'Does it.\n\nWith more words.',
      stage: 0,
    });
    expect(found.tests.filter(({ skip }) => skip)).to.have.lengthOf(2);
    expect(found.tests.filter(({ expectFail }) => expectFail).map(({ name }) => name)).to.deep.equal([
      'renamed.test',
      'raises',
    ]);
    expect(found.tests[0]?.stage).to.equal(-1);
  });

  /** Full names that a real simulation reports, module by module. */
  async function simulate(names: readonly string[]): Promise<readonly string[]> {
    const run = promisify(execFile);
    await scratch.write('sim/top.sv', 'module top; endmodule\n');
    await run('iverilog', ['-g2012', '-s', 'top', '-o', 'top.vvp', 'top.sv'], { cwd: scratch.path('sim') });
    const { libpython, pygpiEntryPoint, libEntries } = python;
    const plugin = libEntries['vpi:icarus'] ?? '';
    await run('vvp', ['-m', plugin, 'top.vvp'], {
      cwd: scratch.path('sim'),
      env: {
        PATH: process.env['PATH'],
        GPI_USERS: `${libpython};${pygpiEntryPoint}`,
        PYGPI_PYTHON_BIN: python.python,
        PYTHONPATH: [scratch.path('lib'), ...python.sysPath].join(':'),
        COCOTB_TEST_MODULES: names.join(','),
        COCOTB_TOPLEVEL: 'top',
      },
    });
    const results = await readFile(scratch.path('sim/results.xml'), 'utf8');
    const cases = [...results.matchAll(/<testcase\b[^>]*>/g)].map(([tag]) => {
      const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
      return `${attribute('classname')}.${attribute('name')}`;
    });
    expect(cases).not.to.deep.equal([]);
    return cases;
  }

  it('imports with the path of a simulation: working folder, pythonPath in order, the environment', async () => {
    const text = `
import sys, cocotb
@cocotb.test()
@cocotb.parametrize(entry=[0])
async def at(dut, entry): pass
names = sys.path
at.name = "|".join(sys.path)
`;
    const first = scratch.path('first');
    const found = await discoverIn(text, { pythonPath: [first, scratch.path('lib')] });
    expect(namesOf(found)[0]).to.equal(`${['', first, scratch.path('lib'), ...python.sysPath].join('|')}/entry=0`);
  });

  it('is not disturbed by what modules print, by threads, or by exit functions', async () => {
    const found = await discoverIn(`
import atexit, os, sys, threading, time, cocotb
print("noise"); os.write(1, b"{}\\n"); sys.stderr.write("more")
threading.Thread(target=lambda: time.sleep(1000)).start()
atexit.register(lambda: time.sleep(1000))
@cocotb.test
async def quiet(dut): pass
`);
    expect(namesOf(found)).to.deep.equal(['quiet']);
  });

  it('finds nothing in a module without tests', async () => {
    expect(await discoverIn('answer = 42\n')).to.deep.equal({ state: 'found', tests: [] });
  });

  describe('leaves to a simulation', () => {
    const cases: Readonly<Record<string, readonly [text: string, reason: RegExp]>> = {
      'who reads a simulator object': ['import cocotb\nW = len(cocotb.top.data)', /cocotb\.top is read .*\.py:2/],
      'who imports one': ['from cocotb import top', /cocotb\.top is read/],
      'who reads one if it is there': ['import cocotb\nARGS = getattr(cocotb, "plusargs", {})', /cocotb\.plusargs/],
      'who reads one and hides the error': [
        'import cocotb\ntry:\n    NAME = cocotb.SIM_NAME\nexcept Exception:\n    NAME = ""',
        /cocotb\.SIM_NAME/,
      ],
      'who does so in a simulation only': ['import cocotb\nif cocotb.is_simulation:\n    cocotb.top', /cocotb\.top/],
      'who asks the simulator itself': [
        'from cocotb.utils import get_sim_time\nget_sim_time("ns")',
        /No simulator available/,
      ],
      'who needs a variable of the simulation': ['import os\nos.environ["NO_SUCH_VARIABLE"]', /KeyError/],
      'who reads a file of the run folder': ['open("made_by_the_run")', /FileNotFoundError/],
      'who exits': ['import sys\nsys.exit(3)', /SystemExit: 3/],
    };
    for (const [title, [text, reason]] of Object.entries(cases)) {
      it(title, async () => {
        const discovery = await discoverIn(text);
        expect(discovery.state).to.equal('needs-simulation');
        expect(namesOf(discovery)[0]).to.match(reason);
      });
    }
  });

  describe('throws DiscoveryFailed', () => {
    const cases: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
      'for an import of a missing module': [
        'import no_such_module',
        /No module named 'no_such_module'[^]*\.py", line 1/,
      ],
      'for a missing name in a module': ['from cocotb import no_such_name', /cannot import name 'no_such_name'/],
      'for a syntax error': ['async def (dut):', /SyntaxError[^]*async def \(dut\)/],
      'for an unknown name': ['import cocotb\n@cocotb.test\nasync def a(dut): pass\nfoo', /NameError: name 'foo'/],
      'for a crash': ['import os\nos.kill(os.getpid(), 11)', /without an answer \(SIGSEGV\)/],
    };
    for (const [title, [text, says]] of Object.entries(cases)) {
      it(`${title}, with the traceback`, async () => {
        const error = await failureOf(discoverIn(text));
        expect(error.code).to.equal('DISCOVERY_FAILED');
        expect(error.message).to.match(says);
        expect(error.message).not.to.include('discover.py');
      });
    }

    it('for a missing module, with the folders looked at', async () => {
      const error = await failureOf(discover({ modules: ['nowhere.to_be.found'] }));
      expect(error.message).to.include(`Looked for in ${scratch.path('lib')} and in the Python environment`);
      expect(error.module).to.equal('nowhere.to_be.found');
    });

    it('when an import takes too long', async () => {
      const error = await failureOf(discoverIn('import time\ntime.sleep(1000)', { timeout: 1500 }));
      expect(error.message).to.include('longer than 1.5 s');
    });
  });

  describe('forks for each module', () => {
    /** Has the id of the process that forked for it as its only test's name. */
    const forked = (more = '') => `
import os, cocotb
${more}
@cocotb.test(name=str(os.getppid()))
async def found(dut): pass
`;
    const serverOf = async (text: string, request: Partial<DiscoveryRequest> = {}) =>
      namesOf(await discoverIn(text, request))[0];

    it('from one process, which outlives crashes', async () => {
      const first = await serverOf(forked());
      await failureOf(discoverIn('import os\nos.kill(os.getpid(), 9)'));
      await failureOf(discoverIn('import no_such_module'));
      expect(await serverOf(forked(), { extraEnv: { COCOTB_TOPLEVEL: 'other', WIDTH: '8' } })).to.equal(first);
      expect(await serverOf(forked(), { cwd: scratch.path('lib') })).to.equal(first);
    });

    it('from another one once a module took too long', async () => {
      const first = await serverOf(forked());
      await failureOf(discoverIn('import time\ntime.sleep(1000)', { timeout: 300 }));
      expect(await serverOf(forked())).not.to.equal(first);
    });

    it('whose imports leave nothing for the next', async () => {
      await scratch.write('lib/shared_part.py', 'width = 1\n');
      const using = `
import os, sys, cocotb, shared_part
sys.stdin.read()
@cocotb.test(name=f"{shared_part.width} {os.environ.get('LEFT')} {hasattr(cocotb, 'left')} {os.getcwd()}")
async def found(dut): pass
os.environ["LEFT"] = "x"
cocotb.left = 1
os.chdir("/")
`;
      const cwd = scratch.path('cache');
      expect(namesOf(await discoverIn(using))).to.deep.equal([`1 None False ${cwd}`]);
      await scratch.write('lib/shared_part.py', 'width = 2\n');
      expect(namesOf(await discoverIn(using, { extraEnv: { LEFT: 'y' } }))).to.deep.equal([`2 y False ${cwd}`]);
    });

    it('and starts Python anew for a variable that Python reads at its start', async () => {
      const seeded = `
import sys, cocotb
@cocotb.test(name=str(sys.flags.hash_randomization))
async def found(dut): pass
`;
      expect(namesOf(await discoverIn(seeded))).to.deep.equal(['1']);
      expect(namesOf(await discoverIn(seeded, { extraEnv: { PYTHONHASHSEED: '0' } }))).to.deep.equal(['0']);
    });

    it("and starts Python anew for a module of the user's that goes before one that is loaded", async () => {
      await scratch.write('own/uuid.py', 'mine = "mine"\n');
      const using = `
import cocotb, uuid
@cocotb.test(name=uuid.mine)
async def found(dut): pass
`;
      const pythonPath = [scratch.path('own'), scratch.path('lib')];
      expect(namesOf(await discoverIn(using, { pythonPath }))).to.deep.equal(['mine']);
    });
  });

  describe('remembers what it found', () => {
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
      await discover({ modules: [name], ...request });
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
      await failureOf(discover({ modules: ['count_failed'] }));
      await failureOf(discover({ modules: ['count_failed'] }));
      expect(await imports('count_failed')).to.equal(2);
    });
  });
});
