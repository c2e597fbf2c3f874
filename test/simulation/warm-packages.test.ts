/** Installed packages that simulations import: which a server of warm starts loads before it forks, and whom it serves then. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Build } from '../../src/build/build.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { endWarmServers } from '../../src/simulation/warm-pool.ts';
import { buildProbe, scratchFolder, simulateProbe } from './builds.ts';
import { processesOf, untilGone } from './processes.ts';

describe('a server of warm starts loads installed packages that simulations import, once it has seen them', function () {
  this.timeout(60_000);
  let build: Build;
  let executable: string;
  let scratch: Awaited<ReturnType<typeof scratchFolder>>;
  let site: string;
  let folder: string;
  let count = 0;

  beforeEach(async () => {
    scratch = await scratchFolder();
    site = path.join(scratch.path, 'site');
    folder = path.join(scratch.path, 'modules');
    // A copy, by whose path its processes are told from all others.
    const directory = path.join(scratch.path, 'build');
    executable = path.join(directory, 'Vtop');
    for (const made of [site, folder, directory]) mkdirSync(made);
    const probe = await buildProbe('verilator');
    copyFileSync(path.join(probe.directory, 'Vtop'), executable);
    build = { ...probe, directory, python: { ...probe.python, sysPath: [...probe.python.sysPath, site] } };
  });

  afterEach(async () => {
    endWarmServers();
    await untilGone(executable);
    await scratch.cleanup();
  });

  const run = async (options: Partial<SimulationOptions> = {}) =>
    simulateProbe(build, path.join(scratch.path, 'runs', String(++count)), {
      testModule: 'test_packages',
      testcase: 't',
      pythonPath: [folder],
      ...options,
    });

  const packages = {
    plain: 'value = 1\n',
    threaded: 'import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n',
    talkative: 'print("talkative was imported")\n',
    warning: 'import warnings\nwarnings.warn("warning was imported")\n',
    simulating: 'import cocotb\nname = cocotb.SIM_NAME\n',
    seeded: 'import cocotb\nseed = cocotb.RANDOM_SEED\n',
    drawing: 'import random\nnumber = random.random()\n',
    placed: 'import os\nfolder = os.path.abspath("out")\n',
    numbered: 'import os\nnumber = os.getpid()\n',
    temporary: 'import tempfile\nfolder = tempfile.TemporaryDirectory()\n',
    starting: 'import subprocess\nsubprocess.run(["true"])\n',
    environed: 'import os\nseed = os.environ["COCOTB_RANDOM_SEED"]\n',
    signalling: 'import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\n',
  };

  it('but only those whose import shows nothing to anybody', async () => {
    for (const [name, text] of Object.entries(packages)) writeFileSync(path.join(site, `${name}_package.py`), text);
    writeFileSync(path.join(folder, 'users_helper.py'), '');
    const names = [...Object.keys(packages).map((name) => `${name}_package`), 'users_helper'];
    writeFileSync(
      path.join(folder, 'test_packages.py'),
      `import sys, cocotb\nloaded = [name for name in ${JSON.stringify(names)} if name in sys.modules]\n` +
        `${names.map((name) => `import ${name}\n`).join('')}@cocotb.test()\nasync def t(dut): cocotb.log.info("loaded %s", loaded)\n`,
    );
    const logs = [];
    for (let time = 0; time < 3; time++) {
      const { logFile, verdict } = await run();
      expect(verdict.kind).to.equal('passed');
      const text = readFileSync(logFile, 'utf8');
      expect(text)
        .to.match(/talkative was imported/)
        .and.match(/warning was imported/);
      logs.push(/loaded (True|False|\[).*/.exec(text)?.[0]);
    }
    expect(logs).to.deep.equal([
      'loaded []',
      ...Array.from({ length: 2 }, () => "loaded ['plain_package', 'simulating_package']"),
    ]);
  });

  it('and does not serve a simulation whose environment is another than what a package has read meanwhile', async () => {
    writeFileSync(path.join(site, 'mode_package.py'), 'import os\nmode = os.environ.get("VIP_MODE", "none")\n');
    writeFileSync(
      path.join(folder, 'test_packages.py'),
      `import cocotb, mode_package\n@cocotb.test()\nasync def t(dut): cocotb.log.info("mode %s.", mode_package.mode)\n`,
    );
    const modes = [];
    for (const mode of ['none', 'fast', 'none', 'fast', 'slow']) {
      const extraEnv = mode === 'none' ? {} : { VIP_MODE: mode };
      const { logFile } = await run({ extraEnv });
      modes.push(/mode (\w+)\./.exec(readFileSync(logFile, 'utf8'))?.[1]);
    }
    expect(modes).to.deep.equal(['none', 'fast', 'none', 'fast', 'slow']);
    expect(processesOf(executable)).to.have.lengthOf(3);
  });
});
