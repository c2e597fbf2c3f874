/** When a simulation starts cold although it might have started warm, and that its result and its log say why. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Build } from '../../src/build/build.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { buildProbe, designs, scratchFolder, simulateProbe } from './builds.ts';

describe('a server of warm starts is not used, which result and log say,', function () {
  this.timeout(60_000);
  let build: Build;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let count = 0;

  before(async () => {
    build = await buildProbe('verilator');
  });

  beforeEach(async () => {
    scratch = await scratchFolder();
  });

  afterEach(async () => {
    endWarmServers();
    await scratch.cleanup();
  });

  const newFolder = () => path.join(scratch.path, 'runs', String(++count));
  const run = (options: Parameters<typeof simulateProbe>[2]) =>
    simulateProbe(build, newFolder(), { testcase: 'passes', ...options });

  const reasons: readonly [string, Parameters<typeof simulateProbe>[2], RegExp][] = [
    ['for a variable that acts while cocotb is loaded', { extraEnv: { COCOTB_ATTACH: '0.1' } }, /COCOTB_ATTACH is set/],
    ['for waves of its own', { testArgs: ['--trace'] }, /given --trace: it opens its waves/],
    ['for a file of its own waves', { testArgs: ['--trace-file', 'own.vcd'] }, /given --trace-file/],
    ['for random initial values', { plusargs: ['+verilator+rand+reset+2'] }, /it draws initial values/],
    ['for random initial values in testArgs', { testArgs: ['+verilator+rand+reset+2'] }, /it draws initial values/],
    ['for a graphical interface', { gui: true }, /graphical interface/],
    [
      'for a package to preload that is missing',
      { preload: ['nowhere'] },
      /ModuleNotFoundError: No module named 'nowhere'/,
    ],
    ['for a module to preload that starts threads', { preload: ['probe_threads'] }, /runs 1 threads of its own/],
    [
      'for a simulator that dies before it is ready',
      { extraEnv: { GPI_USERS: '/nowhere.so' } },
      /ended before it was ready/,
    ],
  ];
  for (const [title, options, reason] of reasons) {
    it(title, async () => {
      const { launch, coldReason, logFile } = await run(options);
      expect(launch).to.equal('cold');
      expect(coldReason).to.match(reason);
      expect(readFileSync(logFile, 'utf8').split('\n')[0]).to.equal(`mocha-cocotb: cold start: ${coldReason}`);
    });
  }

  /** A folder whose sitecustomize.py, which Python runs when it starts, replaces os.pidfd_open. */
  const replacePidfdOpen = (text: string) => {
    const folder = path.join(scratch.path, 'site');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'sitecustomize.py'), `import os\n${text}`);
    return folder;
  };

  it('where children cannot be watched', async () => {
    const folder = replacePidfdOpen('del os.pidfd_open\n');
    const { launch, coldReason, verdict } = await run({ pythonPath: [designs, folder] });
    expect([launch, verdict.kind]).to.deep.equal(['cold', 'passed']);
    expect(coldReason).to.match(/pidfd_open \(Linux 5\.3\)/);
  });

  it('after two have died at their first simulation, and no third is tried', async () => {
    const journal = path.join(scratch.path, 'deaths');
    const folder = replacePidfdOpen(
      `real = os.pidfd_open
def pidfd_open(pid):
  if pid == os.getpid():
      return real(pid)
  with open(${JSON.stringify(journal)}, "a") as journal:
      print("died", file=journal)
  os._exit(1)
os.pidfd_open = pidfd_open
`,
    );
    for (let time = 0; time < 2; time++) {
      const { launch, coldReason, verdict } = await run({ pythonPath: [designs, folder] });
      expect([launch, verdict.kind]).to.deep.equal(['cold', 'passed']);
      expect(coldReason).to.equal('two servers of warm starts died before they began a simulation');
    }
    expect(readFileSync(journal, 'utf8')).to.equal('died\n'.repeat(2));
  });

  it("for a log file of Icarus' own, but for waves of another format it is", async () => {
    const icarus = await buildProbe('icarus');
    const launchOf = async (options: Partial<SimulationOptions>) => {
      const { launch, coldReason } = await simulateProbe(icarus, newFolder(), { testcase: 'passes', ...options });
      return [launch, coldReason];
    };
    expect(await launchOf({ testArgs: ['-lown.log'] })).to.deep.equal([
      'cold',
      'icarus is given -lown.log: it opens its log file before a simulation could be forked',
    ]);
    expect(await launchOf({ plusargs: ['-lxt2'] })).to.deep.equal(['warm', undefined]);
  });

  it('but not when the user asked for a cold start', async () => {
    const { launch, coldReason, logFile } = await run({ launch: 'cold' });
    expect(launch).to.equal('cold');
    expect(coldReason).to.equal(undefined);
    expect(readFileSync(logFile, 'utf8')).not.to.include('mocha-cocotb:');
  });
});
