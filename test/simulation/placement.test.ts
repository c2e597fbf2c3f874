/** Servers of warm starts that have Python's objects placed: that they come about, that nobody sees it, and that nothing is lost where they can't. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import type { Build } from '../../src/build/build.ts';
import type { Environment } from '../../src/process/command.ts';
import type { SimulationResult } from '../../src/simulation/result.ts';
import { nextPlacement } from '../../src/simulation/placement.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { root } from '../support/project.ts';
import { files, outcome } from './alike.ts';
import { buildProbe, scratchFolder, simulateProbe } from './builds.ts';
import { processesOf, untilGone } from './processes.ts';

/** A server is replaced after so many simulations (PLENTY in warm.py). */
const plenty = 100;
/** How long a simulation is held that finds something out (HOLD in placement.py), ms. */
const hold = 200;

describe('servers that have Python place its objects', function () {
  this.timeout(60_000);
  let build: Build;
  let executable: string;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let cacheBefore: string | undefined;
  let count = 0;

  before(async () => {
    const probe = await buildProbe('verilator');
    scratch = await scratchFolder();
    cacheBefore = process.env['XDG_CACHE_HOME'];
    process.env['XDG_CACHE_HOME'] = path.join(scratch.path, 'cache');
    // What it finds out is its own, and its processes are told by their path.
    build = {
      ...probe,
      directory: path.join(scratch.path, 'build'),
    };
    executable = path.join(build.directory, 'Vtop');
    mkdirSync(build.directory);
    copyFileSync(path.join(probe.directory, 'Vtop'), executable);
    mkdirSync(path.join(scratch.path, 'modules'));
    writeFileSync(
      path.join(scratch.path, 'modules/test_own.py'),
      `import cocotb
@cocotb.test()
async def tells(dut):
    with open("/proc/self/maps") as maps, open("/proc/self/environ") as server:
        stage = server.read().partition("MOCHA_COCOTB_PLACEMENT=")[2].split(" ")[0] or "none"
        cocotb.log.info("library %s, stage %s.", "placement.so" in maps.read(), stage)
`,
    );
  });

  afterEach(async () => {
    endWarmServers();
    await untilGone(executable);
  });

  after(async () => {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
    await scratch.cleanup();
  });

  const run = async (options: Parameters<typeof simulateProbe>[2]) =>
    simulateProbe(build, path.join(scratch.path, 'runs', String(++count)), options);

  /** @param places - More folders in which modules are looked for, which makes it another server's. */
  const tell = async (...places: readonly string[]) =>
    run({
      testModule: 'test_own',
      testcase: 'tells',
      pythonPath: [path.join(scratch.path, 'modules'), ...places],
    });

  /** How the server was that a simulation was forked from. */
  const placed = ({ launch, logFile, verdict }: SimulationResult) =>
    `${launch} ${verdict.kind}, ${/library (True|False), stage \w+\./.exec(readFileSync(logFile, 'utf8'))?.[0]}`;

  const usual = 'warm passed, library False, stage none.';
  const packed = 'warm passed, library True, stage pack.';

  const serve = async (isEnough: (soFar: readonly SimulationResult[]) => boolean) => {
    const results: SimulationResult[] = [];
    while (!isEnough(results)) results.push(...(await Promise.all([tell(), tell(), tell()])));
    return results;
  };

  /** The folder of what was found out, or a file in it. */
  const found = (name = '') => {
    const folder = path.join(scratch.path, 'cache/mocha-cocotb/placement');
    return path.join(folder, existsSync(folder) ? (readdirSync(folder)[0] ?? 'none') : 'none', name);
  };

  it('come after one that has served many, and find out what it takes', async () => {
    // With these there are as many servers as may be.
    for (const name of ['a', 'b', 'c']) await tell(path.join(scratch.path, name));
    const servers = () => processesOf(executable).filter(({ parent }) => parent === process.pid);
    const others = servers().map(({ pid }) => pid);
    expect(others).to.have.lengthOf(3);
    const stages = (await serve(() => existsSync(found('written')))).map(placed);
    expect(servers().map(({ pid }) => pid)).to.include.members(others);
    expect(stages.slice(0, plenty)).to.deep.equal(Array(plenty).fill(usual));
    expect([...new Set(stages)].slice(0, 3)).to.deep.equal(
      ['False, stage none', 'True, stage record', 'True, stage spread'].map((how) => `warm passed, library ${how}.`),
    );
    expect(readdirSync(found()).sort()).to.deep.equal(['candidates', 'placement.so', 'written']);
  });

  it('serve from the start when that is known, and nobody sees it', async () => {
    expect(placed(await tell())).to.equal(packed);
    for (const testcase of ['passes', 'fails', 'shows_environment']) {
      const [cold, warm] = await Promise.all([run({ testcase, launch: 'cold' }), run({ testcase, launch: 'warm' })]);
      expect(warm.launch).to.equal('warm');
      expect(outcome(warm)).to.deep.equal(outcome(cold));
      expect(files(warm)).to.deep.equal(files(cold));
    }
  });

  it('are not had when what was found out is no such thing, and none is missed', async () => {
    const whole = readFileSync(found('written'));
    for (const content of [whole.subarray(0, 1001), Buffer.from('no keys'), Buffer.alloc(0)]) {
      writeFileSync(found('written'), content);
      expect(placed(await tell())).to.equal(packed);
      endWarmServers();
    }
    writeFileSync(found('written'), whole);
    const library = readFileSync(found('placement.so'));
    writeFileSync(found('placement.so'), 'no library');
    expect(placed(await tell())).to.equal(usual);
    writeFileSync(found('placement.so'), library);
  });

  it('hold up one simulation when they find out nothing, not each', async () => {
    rmSync(found('written'));
    writeFileSync(found('candidates'), 'no keys at all');
    const spread = (results: readonly SimulationResult[]) =>
      results.filter((result) => placed(result).endsWith('stage spread.'));
    const results = await serve((soFar) => spread(soFar).length >= 30);
    // Some may have waited for a core as long.
    expect(spread(results).filter(({ wallTime }) => wallTime >= hold)).to.have.lengthOf.within(1, 10);
  });

  describe('are not started', () => {
    const request = async (env: Environment = {}, variables: Environment = {}, name = 'not') => {
      const command = {
        argv: ['sim'] as const,
        cwd: scratch.path,
        env: { GPI_USERS: 'lib/libpython3.so;own.so', ...env },
      };
      const cache = path.join(scratch.path, name, String(++count));
      return nextPlacement({ python: build.python, command }, { ...process.env, XDG_CACHE_HOME: cache, ...variables });
    };

    it('where Python comes with an allocator of its own, or late, or their path parts names', async () => {
      expect(await request({ PYTHONMALLOC: 'debug' })).to.equal(undefined);
      expect(await request({ PYTHONDEVMODE: '1' })).to.equal(undefined);
      expect(await request({ GPI_USERS: 'libown.so;lib/libpython3.so' })).to.equal(undefined);
      expect(await request({}, {}, 'a,b')).to.equal(undefined);
      expect(await request({}, {}, 'a;b')).to.equal(undefined);
      expect(await request({}, {}, 'a b')).to.include({ stage: 'record' });
    });

    it('without a C compiler that works', async () => {
      for (const compiler of [path.join(scratch.path, 'none'), 'false'])
        expect(await request({}, { CC: compiler })).to.equal(undefined);
      expect(await request({}, { CC: 'cc -w' })).to.include({ stage: 'record' });
    });
  });

  it('are not waited for at the end of a run, and leave nothing', async () => {
    const compiler = path.join(scratch.path, 'slow-cc');
    writeFileSync(
      compiler,
      `#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: > "$2"; : > "$TMPDIR/scratch"; touch '${scratch.path}/begun'; exec sleep 60\n`,
    );
    chmodSync(compiler, 0o755);
    const cache = path.join(scratch.path, 'ended');
    const script = path.join(scratch.path, 'worker.mts');
    writeFileSync(
      script,
      `import { existsSync } from 'node:fs';
       import { setTimeout as sleep } from 'node:timers/promises';
       import { nextPlacement } from ${JSON.stringify(path.join(root, 'src/simulation/placement.ts'))};
       void nextPlacement({
         python: { identity: '' },
         command: { argv: ['sim'], cwd: '/', env: { GPI_USERS: 'libpython3.so' } },
       });
       while (!existsSync(${JSON.stringify(path.join(scratch.path, 'begun'))})) await sleep(10);`,
    );
    const worker = await execa(process.execPath, ['--import', 'tsx', script], {
      cwd: root,
      env: { CC: compiler, XDG_CACHE_HOME: cache },
      reject: false,
      timeout: 20_000,
    });
    expect(worker.exitCode, worker.stderr).to.equal(0);
    const place = path.join(cache, 'mocha-cocotb/placement');
    expect(readdirSync(path.join(place, ...readdirSync(place)))).to.deep.equal([]);
  });

  it('do not keep a worker that ends while they start', async () => {
    const script = path.join(scratch.path, 'starter.mts');
    writeFileSync(
      script,
      `import { WarmServer } from ${JSON.stringify(path.join(root, 'src/simulation/warm-server.ts'))};
       const command = { argv: ['sleep', '61.25'], cwd: '/', env: process.env };
       await WarmServer.start(command, { trusted: [], preload: [], jobs: 1 }, { isLocal: true, isAwaited: false });`,
    );
    const worker = await execa(process.execPath, ['--import', 'tsx', script], {
      cwd: root,
      reject: false,
      timeout: 20_000,
    });
    expect(worker.exitCode, worker.stderr).to.equal(0);
  });
});
