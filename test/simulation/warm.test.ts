/** Servers of warm starts: what they share between simulations and what not, and how they and their children end. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import type { Build } from '../../src/build/build.ts';
import { shareOfCores } from '../../src/simulation/cores.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { root } from '../support/project.ts';
import { buildProbe, designs, scratchFolder, simulateProbe } from './builds.ts';
import { processesOf, untilGone } from './processes.ts';

describe('a server of warm starts', function () {
  this.timeout(60_000);
  let probe: Build;
  let build: Build;
  let executable: string;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let count = 0;

  const newFolder = () => path.join(scratch.path, 'runs', String(++count));

  before(async () => {
    probe = await buildProbe('verilator');
  });

  beforeEach(async () => {
    scratch = await scratchFolder();
    // A copy, by whose path its processes are told from all others.
    build = { ...probe, directory: path.join(scratch.path, 'build') };
    executable = path.join(build.directory, 'Vtop');
    mkdirSync(build.directory);
    copyFileSync(path.join(probe.directory, 'Vtop'), executable);
  });

  afterEach(async () => {
    endWarmServers();
    await untilGone(executable);
    await scratch.cleanup();
  });

  const run = (options: Parameters<typeof simulateProbe>[2], more: Parameters<typeof simulateProbe>[3] = {}) =>
    simulateProbe(build, newFolder(), { testcase: 'passes', ...options }, more);

  it('serves many simulations, also at the same time, each in a process of its own', async () => {
    const results = [await run({}), ...(await Promise.all([1, 2, 3].map((seed) => run({ seed }))))];
    for (const { verdict, launch, peakMemory, cpuTime } of results) {
      expect(verdict.kind).to.equal('passed');
      expect(launch).to.equal('warm');
      expect(peakMemory).to.be.greaterThan(10_000_000);
      expect(cpuTime).to.be.greaterThan(0);
    }
    expect(processesOf(executable)).to.have.lengthOf(1);
  });

  /** Starts a worker of its own, which has `build`, `simulateProbe`, `newFolder()` and `folder`, the scratch folder. */
  const startWorker = (text: string, env: Readonly<Record<string, string>> = {}) => {
    const script = path.join(scratch.path, 'worker.ts');
    writeFileSync(
      script,
      `import { buildProbe, simulateProbe } from ${JSON.stringify(path.join(import.meta.dirname, 'builds.ts'))};
       const folder = ${JSON.stringify(scratch.path)};
       const build = { ...(await buildProbe('verilator')), directory: ${JSON.stringify(build.directory)} };
       let count = 0;
       const newFolder = () => folder + '/runs/' + ++count;
       ${text}`,
    );
    writeFileSync(path.join(scratch.path, 'package.json'), '{ "type": "module" }');
    return execa(process.execPath, ['--import', 'tsx', script], { cwd: root, env, reject: false, timeout: 40_000 });
  };

  /** A folder with a test module, which knows the scratch folder as `folder`. */
  const writeTests = (text: string) => {
    const folder = path.join(scratch.path, 'modules');
    mkdirSync(folder);
    const head = 'import os, time, cocotb\n';
    writeFileSync(path.join(folder, 'test_own.py'), `${head}folder = ${JSON.stringify(scratch.path)}\n${text}`);
    return folder;
  };

  it('ends with its worker, and its children with it, when the worker is killed', async () => {
    const worker = startWorker(`await simulateProbe(build, newFolder(), { testcase: 'hangs', launch: 'warm' });`);
    while (processesOf(executable).length < 2) await sleep(10);
    worker.kill('SIGKILL');
    await untilGone(executable);
  });

  it('does not keep its worker from ending', async () => {
    const { stdout, exitCode } = await startWorker(
      `const { launch, verdict } = await simulateProbe(build, newFolder(), { testcase: 'passes' });
       console.log(launch, verdict.kind);`,
    );
    expect(exitCode).to.equal(0);
    expect(stdout).to.equal('warm passed');
    await untilGone(executable);
  });

  it('is replaced when it died', async () => {
    await run({});
    const [server] = processesOf(executable);
    process.kill(server?.pid ?? 0, 'SIGKILL');
    await untilGone(executable);
    const { verdict, launch } = await run({ launch: 'warm' });
    expect(verdict.kind).to.equal('passed');
    expect(launch).to.equal('warm');
  });

  it('takes its children with it when it dies, which is a crash and no second run', async () => {
    await run({});
    const [server] = processesOf(executable);
    const running = run({ testcase: 'hangs' });
    const log = path.join(scratch.path, 'runs', String(count), 'sim.log');
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes('running test_probe.hangs')) await sleep(5);
    process.kill(server?.pid ?? 0, 'SIGKILL');
    const { verdict, launch } = await running;
    expect(verdict.kind).to.equal('crashed');
    expect(launch).to.equal('warm');
    await untilGone(executable);
  });

  it('has those wait that are more than the cores, in their order, and forgets one that nobody wants any more', async () => {
    const cores = shareOfCores();
    const aborts = Array.from({ length: cores + 1 }, () => new AbortController());
    const runs = aborts.map(({ signal }) => run({ testcase: 'hangs' }, { signal }));
    const logs = aborts.map((_, index) => path.join(scratch.path, 'runs', String(count - cores + index), 'sim.log'));
    const isRunning = (log: string) =>
      existsSync(log) && readFileSync(log, 'utf8').includes('running test_probe.hangs');
    while (!logs.slice(0, cores).every(isRunning)) await sleep(5);
    aborts.at(-1)?.abort();
    expect((await runs.at(-1))?.verdict.kind).to.equal('aborted');
    expect(existsSync(logs.at(-1) ?? '')).to.equal(false);
    for (const abort of aborts) abort.abort();
    for (const { verdict } of await Promise.all(runs)) expect(verdict.kind).to.equal('aborted');
  });

  it('leaves no process of a test behind', async () => {
    for (const launch of ['warm', 'cold'] as const) {
      const { directory } = await run({ testcase: 'leaves_child', launch });
      const pid = readFileSync(path.join(directory, 'child.pid'), 'utf8');
      while (existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')) await sleep(5);
    }
  });

  it('sees an edited test module and an edited helper at once', async () => {
    const folder = path.join(scratch.path, 'modules');
    mkdirSync(folder);
    const file = path.join(folder, 'test_edited.py');
    const helper = path.join(folder, 'edited_helper.py');
    const now = new Date();
    const seen = [];
    for (const value of [1, 2, 3]) {
      // Same size, same second, as two edits by a program are.
      for (const [name, text] of [
        [helper, `value = ${value}\n`],
        [
          file,
          `import cocotb, edited_helper\n@cocotb.test()\nasync def t(dut): assert edited_helper.value == ${value}\n`,
        ],
      ] as const) {
        writeFileSync(name, text);
        utimesSync(name, now, now);
      }
      const { verdict, launch } = await run({ testModule: 'test_edited', testcase: 't', pythonPath: [folder] });
      seen.push([launch, verdict.kind]);
    }
    expect(seen).to.deep.equal(Array(3).fill(['warm', 'passed']));
  });

  it('is replaced when a module that the user has preloaded was edited', async () => {
    const folder = path.join(scratch.path, 'modules');
    mkdirSync(folder);
    const file = path.join(folder, 'preloaded.py');
    writeFileSync(
      path.join(folder, 'test_preload.py'),
      'import sys, cocotb\nloaded = "preloaded" in sys.modules\nimport preloaded\n' +
        '@cocotb.test()\nasync def t(dut): cocotb.log.info("loaded %s value %s", loaded, preloaded.value)\n',
    );
    const logs = [];
    for (const value of [1, 22]) {
      writeFileSync(file, `value = ${value}\n`);
      for (let time = 0; time < 2; time++) {
        const { logFile } = await run({
          testModule: 'test_preload',
          testcase: 't',
          pythonPath: [folder],
          preload: ['preloaded'],
        });
        logs.push(/loaded (True|False|\[).*/.exec(readFileSync(logFile, 'utf8'))?.[0]);
      }
    }
    expect(logs).to.deep.equal([1, 1, 22, 22].map((value) => `loaded True value ${value}`));
  });

  it('gives way to newer ones: at most four stay', async () => {
    for (let number = 0; number < 6; number++)
      await run({ pythonPath: [designs, path.join(scratch.path, `p${number}`)] });
    // Those that learn what their first simulation imported have a child for a moment.
    while (processesOf(executable).length !== 4) await sleep(10);
  });

  it('is started once although four others are busy', async () => {
    const modules = writeTests(
      `@cocotb.test()
async def meets(dut):
    os.makedirs(folder + "/met", exist_ok=True)
    os.mkdir(f"{folder}/met/{os.getpid()}")
    while len(os.listdir(folder + "/met")) < 5:
        time.sleep(0.01)
`,
    );
    const { stdout, exitCode } = await startWorker(
      `const results = await Promise.all([1, 2, 3, 4, 5].map((number) => simulateProbe(build, newFolder(), {
         // A folder of its own makes it a server of its own.
         testModule: 'test_own', pythonPath: [${JSON.stringify(modules)}, folder + '/' + number], launch: 'warm',
       })));
       console.log(...results.map(({ verdict }) => verdict.kind));`,
      { MOCHA_COCOTB_JOBS: '5' },
    );
    expect(stdout).to.equal('passed passed passed passed passed');
    expect(exitCode).to.equal(0);
  });

  it('shares the cores with the others and with cold starts: no more run at a time than MOCHA_COCOTB_JOBS says', async () => {
    const modules = writeTests(
      `@cocotb.test()
async def notes(dut):
    with open(folder + "/journal", "a") as journal:
        print("begin", file=journal, flush=True)
        time.sleep(0.5)
        print("end", file=journal, flush=True)
`,
    );
    const { stdout } = await startWorker(
      `const results = await Promise.all(['warm', 'warm', 'cold', 'warm'].map((launch, number) => simulateProbe(build, newFolder(), {
         testModule: 'test_own', pythonPath: [${JSON.stringify(modules)}, folder + '/' + number], launch,
       })));
       console.log(...results.map(({ verdict }) => verdict.kind));`,
      { MOCHA_COCOTB_JOBS: '1' },
    );
    expect(stdout).to.equal('passed passed passed passed');
    const journal = readFileSync(path.join(scratch.path, 'journal'), 'utf8');
    expect(journal).to.equal('begin\nend\n'.repeat(4));
  });

  it('does not grow', async () => {
    const times = Number(process.env['MOCHA_COCOTB_TEST_TIMES'] ?? 60);
    const memory = async (runs: number) => {
      for (let time = 0; time < runs; time++) await run({});
      return processesOf(executable)[0]?.memory ?? 0;
    };
    // What a server does but once, it has done by its 20th.
    const before = await memory(25);
    expect((await memory(times)) - before).to.be.lessThan(200_000);
  });

  it('works behind a command prefix', async () => {
    const { verdict, launch, logFile } = await run({
      launcher: ['env', 'EXTRA=of the launcher'],
      launch: 'warm',
    });
    expect(verdict.kind).to.equal('passed');
    expect(launch).to.equal('warm');
    expect(readFileSync(logFile, 'utf8')).to.include('extra of the launcher');
  });

  describe('behind a launcher that prints on its stdout', () => {
    /** A launcher that does this beside the simulation. */
    const beside = (script: string) => ({
      launcher: ['sh', '-c', `{ ${script}; } & exec "$0" "$@"`],
      launch: 'warm' as const,
    });

    it('hears its server all the same', async () => {
      const options = beside(`while printf '[]\\n{\\n%s\\nhalf a line ' "$MOCHA_COCOTB_SETTINGS"; do sleep 0.01; done`);
      for (let time = 0; time < 5; time++) {
        const { verdict, launch } = await run(options);
        expect(verdict.kind).to.equal('passed');
        expect(launch).to.equal('warm');
      }
    });

    it('gives up a server whose words it spoiled', async () => {
      const trigger = path.join(scratch.path, 'trigger');
      const token = `$(expr "$MOCHA_COCOTB_SETTINGS" : '.*"token":"\\([^"]*\\)"')`;
      const running = run({
        ...beside(`until [ -e ${trigger} ]; do sleep 0.01; done; printf '\\n%s{"event":\\n' "${token}"`),
        testcase: 'hangs',
      });
      const log = path.join(scratch.path, 'runs', String(count), 'sim.log');
      while (!existsSync(log) || !readFileSync(log, 'utf8').includes('running test_probe.hangs')) await sleep(5);
      writeFileSync(trigger, '');
      expect((await running).verdict.kind).to.equal('crashed');
    });
  });
});
