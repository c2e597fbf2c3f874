/** Discovery forks a process for each module from one that has loaded cocotb. */
import { expect } from 'chai';
import type { DiscoveryRequest } from '../../src/python/discovery.ts';
import { failureOf, Modules, namesOf } from './discovering.ts';
import type { Scratch } from './scratch.ts';

describe('discoverTests forks for each module', () => {
  let modules: Modules;
  let scratch: Scratch;

  before(async () => {
    modules = await Modules.make();
    ({ scratch } = modules);
  });
  after(() => scratch.remove());

  /** Has the id of the process that forked for it as its only test's name. */
  const forked = (more = '') => `
import os, cocotb
${more}
@cocotb.test(name=str(os.getppid()))
async def found(dut): pass
`;
  const serverOf = async (text: string, request: Partial<DiscoveryRequest> = {}) =>
    namesOf(await modules.discoverIn(text, request))[0];

  it('from one process, which outlives crashes', async () => {
    const first = await serverOf(forked());
    await failureOf(modules.discoverIn('import os\nos.kill(os.getpid(), 9)'));
    await failureOf(modules.discoverIn('import no_such_module'));
    expect(await serverOf(forked(), { extraEnv: { COCOTB_TOPLEVEL: 'other', WIDTH: '8' } })).to.equal(first);
    expect(await serverOf(forked(), { cwd: scratch.path('lib') })).to.equal(first);
  });

  it('from another one once a module took too long', async () => {
    const first = await serverOf(forked());
    await failureOf(modules.discoverIn('import time\ntime.sleep(1000)', { timeout: 300 }));
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
    expect(namesOf(await modules.discoverIn(using))).to.deep.equal([`1 None False ${cwd}`]);
    await scratch.write('lib/shared_part.py', 'width = 2\n');
    expect(namesOf(await modules.discoverIn(using, { extraEnv: { LEFT: 'y' } }))).to.deep.equal([`2 y False ${cwd}`]);
  });

  it('and starts Python anew for a variable that Python reads at its start', async () => {
    const seeded = `
import sys, cocotb
@cocotb.test(name=str(sys.flags.hash_randomization))
async def found(dut): pass
`;
    expect(namesOf(await modules.discoverIn(seeded))).to.deep.equal(['1']);
    expect(namesOf(await modules.discoverIn(seeded, { extraEnv: { PYTHONHASHSEED: '0' } }))).to.deep.equal(['0']);
  });

  it("and starts Python anew for a module of the user's that goes before one that is loaded", async () => {
    await scratch.write('own/uuid.py', 'mine = "mine"\n');
    const using = `
import cocotb, uuid
@cocotb.test(name=uuid.mine)
async def found(dut): pass
`;
    const pythonPath = [scratch.path('own'), scratch.path('lib')];
    expect(namesOf(await modules.discoverIn(using, { pythonPath }))).to.deep.equal(['mine']);
  });
});
