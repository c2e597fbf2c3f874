/** Discovery of cocotb tests without a simulator: what is found, what needs a simulator, what is an error. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { OptionError } from '../../src/options/option-error.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import { rejection } from '../support/rejection.ts';
import { failureOf, Modules, namesOf } from './discovering.ts';
import type { Scratch } from './scratch.ts';

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
  let modules: Modules;
  let scratch: Scratch;
  let python: PythonEnvironment;

  before(async () => {
    modules = await Modules.make();
    ({ scratch, python } = modules);
  });
  after(() => scratch.remove());

  it('finds the tests that cocotb runs, under its names, by stage', async () => {
    await scratch.write('lib/helper.py', 'import cocotb\n@cocotb.test\nasync def borrowed(dut): pass\n');
    await scratch.write('lib/test_kinds.py', kinds);
    const found = await modules.discover({ modules: ['test_kinds', 'helper'] });
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

  it('finds those that match a filter, which is a regular expression of Python, and says what is wrong with one', async () => {
    const text = 'import cocotb\n@cocotb.test\nasync def one(dut): pass\n@cocotb.test\nasync def two(dut): pass\n';
    await scratch.write('lib/test_filtered.py', text);
    const find = async (testFilter: string) =>
      namesOf(await modules.discover({ modules: ['test_filtered'], testFilter }));
    // Each of them means something else, or nothing, in JavaScript.
    for (const filter of ['(?i)ONE', String.raw`\.one\Z`, '(?P<a>o)ne', '(?#comment)one']) {
      expect(await find(filter)).to.deep.equal(['one'], filter);
      expect(await find(filter)).to.deep.equal(['one'], `${filter} once more`);
    }
    expect(await find('o')).to.deep.equal(['one', 'two']);
    const error = await rejection(find('(one'));
    expect(error).to.be.instanceOf(OptionError);
    expect(error.message).to.match(/testFilter: expected .* \(missing \), unterminated subpattern at .*"\(one"/);
  });

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
    const found = await modules.discoverIn(text, { pythonPath: [first, scratch.path('lib')] });
    expect(namesOf(found)[0]).to.equal(`${['', first, scratch.path('lib'), ...python.sysPath].join('|')}/entry=0`);
  });

  it('is not disturbed by what modules print, by threads, or by exit functions', async () => {
    const found = await modules.discoverIn(`
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
    expect(await modules.discoverIn('answer = 42\n')).to.deep.equal({ state: 'found', tests: [] });
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
        const discovery = await modules.discoverIn(text);
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
        const error = await failureOf(modules.discoverIn(text));
        expect(error.code).to.equal('DISCOVERY_FAILED');
        expect(error.message).to.match(says);
        expect(error.message).not.to.match(/discover\w*\.py/);
      });
    }

    it('for a missing module, with the folders looked at', async () => {
      const error = await failureOf(modules.discover({ modules: ['nowhere.to_be.found'] }));
      expect(error.message).to.include(`Looked for in ${scratch.path('lib')} and in the Python environment`);
      expect(error.module).to.equal('nowhere.to_be.found');
    });

    it('when an import takes too long', async () => {
      const error = await failureOf(modules.discoverIn('import time\ntime.sleep(1000)', { timeout: 1500 }));
      expect(error.message).to.include('longer than 1.5 s');
    });
  });
});
