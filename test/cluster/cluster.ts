/** The locks and the whole package on a cluster of virtual machines with real NFS; README.md beside this file says what it takes. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { expect } from 'chai';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { Machine } from './machine.ts';
import { Witness } from './witness.ts';

const root = path.join(import.meta.dirname, '../..');
const image = path.join(import.meta.dirname, 'image');
/** As it is mounted on each node. */
const shared = '/mnt';
const kinds = { NFSLock: ['nfs'], SharedNFSLock: ['shared', 'exclusive'] } as const;

describe('cluster', function () {
  this.timeout(900_000);
  let scratch: string;
  let removeScratch: () => Promise<void>;
  let server: Machine;
  let nodes: readonly Machine[];

  before(async () => {
    if (!existsSync(path.join(image, 'root.img'))) {
      console.log('    making the image, about 2 minutes');
      await execa(path.join(import.meta.dirname, 'make-image.sh'), [image], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    }
    ({ path: scratch, cleanup: removeScratch } = await dir({ unsafeCleanup: true }));
    const disk = path.join(scratch, 'export.img');
    await execa('truncate', ['-s', '1G', disk]);
    await execa('mke2fs', ['-q', '-t', 'ext4', disk]);
    server = new Machine({ image, scratch, number: 1, disk });
    nodes = [2, 3, 4].map((number) => new Machine({ image, scratch, number }));
    await server.boot();
    await Promise.all(nodes.map((node) => node.boot()));
    await packPackage(scratch);
    await Promise.all(nodes.map((node) => install(node, scratch)));
    // Hours apart, in both directions.
    await nodes[1]?.run(`date -s '-2 hours'`);
    await nodes[2]?.run(`date -s '+2 hours'`);
  });

  after(async () => {
    await Promise.all([server, ...nodes].map((machine) => machine.powerOff()));
    await removeScratch();
  });

  for (const version of ['4.2', '3']) {
    describe(`NFS ${version}`, () => {
      before(async () => {
        await Promise.all(nodes.map((node) => mount(node, version)));
      });

      for (const [name, contenders] of Object.entries(kinds)) {
        it(`${name} has its holders alone, and goes on when a node or the server loses power`, async () => {
          const witness = new Witness();
          const port = await witness.start();
          const [first, second, third] = nodes as readonly [Machine, Machine, Machine];
          const lock = `${shared}/${name}-${version}`;
          for (const node of nodes) {
            for (const kind of [...contenders, ...contenders]) {
              await node.start(`node /opt/contender.mjs ${kind} ${lock} 90 20 20000 ${port}`);
            }
          }
          await witness.enteredOn(third.name);
          await third.powerOff();
          witness.forget(third.name);
          await witness.enteredOn(second.name);
          await server.powerOff();
          await server.boot();
          const expected = 4 * contenders.length;
          await settled(() => witness.finished + witness.failures.length >= expected);
          witness.stop();
          console.log(`      ${[...witness.entries].map(([who, count]) => `${who} ${count}`).join(', ')}`);
          expect(witness.violations).to.deep.equal([]);
          expect(witness.failures).to.deep.equal([]);
          await third.boot();
          await install(third, scratch);
          await mount(third, version);
          expect(await first.run(`ls ${shared} | grep -- -${version}`)).to.equal('');
        });
      }

      it('runs a call once, and every node sees at once that it is done', async () => {
        const call = (mode: string, where: string): string =>
          `cd /opt; timeout 120 node call.mjs ${mode} ${where} </dev/null`;
        const answers = await Promise.all(
          nodes.flatMap((node) => [1, 2, 3].map(() => node.run(call('run', `${shared}/once-${version}`)))),
        );
        expect(
          answers.filter((answer) => answer.includes('ran')),
          answers.join('; '),
        ).to.have.lengthOf(1);
        expect(answers.every((answer) => answer.endsWith('value 5'))).to.equal(true);
        const place = `${shared}/seen-${version}`;
        // The watcher's client has been told that the marker isn't there.
        const [watcher, doer] = nodes as readonly [Machine, Machine];
        const watching = watcher.run(call('watch', place));
        await settled(async () => (await doer.run(`ls ${place}/watching 2>/dev/null`)) !== '');
        await doer.run(call('run', place));
        expect(Number(await watching)).to.be.lessThan(10_000);
      });

      it('compiles a design once for all nodes, and again for what another node has changed', async () => {
        const project = `${shared}/project-${version}`;
        const [first, second] = nodes as readonly [Machine, Machine];
        await writeProject(first, project);
        const runAll = async (where: readonly Machine[]): Promise<readonly string[]> =>
          Promise.all(
            where.map((node) =>
              node.run(
                `cd ${project}; PATH=/opt/bin:$PATH timeout 600 node /opt/node_modules/mocha-cocotb/dist/src/cli/main.js counter.spec.mjs --timeout 300000 </dev/null`,
              ),
            ),
          );
        const compiles = async (): Promise<number> => Number(await first.run(`wc -l <${project}/compiles`));
        const together = await runAll(nodes);
        expect(
          together.every((output) => output.includes('1 passing')),
          together.join('\n'),
        ).to.equal(true);
        expect(await compiles()).to.equal(1);
        await second.run(`sed -i 's/count + 1/count + 2/' ${project}/counter.sv`);
        const after = await runAll([first]);
        expect(after[0], 'a stale build').to.include('1 failing');
        expect(await compiles()).to.equal(2);
        await second.run(`sed -i 's/count + 2/count + 1/' ${project}/counter.sv`);
        const back = await runAll([first]);
        expect(back[0]).to.include('1 passing');
        expect(await compiles()).to.equal(2);
      });
    });
  }
});

/** The package with what it depends on, and the programs of the tests, as one archive. */
async function packPackage(scratch: string): Promise<void> {
  const folder = path.join(scratch, 'opt');
  const { stdout } = await execa('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root });
  await execa('npm', [
    'install',
    '--silent',
    '--no-save',
    '--prefix',
    folder,
    path.join(scratch, stdout.trim()),
    'mocha@12',
  ]);
  const entryPoints = ['contender', 'call'].map((name) => path.join(import.meta.dirname, `${name}.ts`));
  await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  await execa('tar', ['-czf', path.join(scratch, 'opt.tgz'), '-C', folder, '.']);
}

async function install(node: Machine, scratch: string): Promise<void> {
  await node.put(path.join(scratch, 'opt.tgz'), '/opt/opt.tgz');
  // Each compile leaves a line; questions for the version don't.
  const compiler = `#!/bin/bash\n[[ "$*" == *-V* ]] || hostname >>compiles\nexec /usr/bin/iverilog "$@"`;
  await node.run(
    `cd /opt && tar xzf opt.tgz && mkdir -p bin && cat >bin/iverilog <<'END'\n${compiler}\nEND\nchmod +x bin/iverilog`,
  );
}

async function mount(node: Machine, version: string): Promise<void> {
  const [options, exported] = version === '3' ? ['vers=3,nolock', '/export'] : [`vers=${version}`, '/'];
  await node.run(`umount ${shared} 2>/dev/null; mount -t nfs -o ${options} 10.9.0.1:${exported} ${shared}`);
}

async function writeProject(node: Machine, folder: string): Promise<void> {
  const files = {
    'package.json': '{"type": "module"}',
    'counter.sv': `module counter(input logic clk, output logic [7:0] count);
  initial count = 0;
  always @(posedge clk) count <= count + 1;
endmodule`,
    'test_counter.py': `import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

@cocotb.test()
async def counts(dut):
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(5):
        await FallingEdge(dut.clk)
    before = int(dut.count.value)
    await FallingEdge(dut.clk)
    assert int(dut.count.value) == before + 1`,
    'counter.spec.mjs': `import { defineDesign, describeCocotb } from 'mocha-cocotb';
const design = defineDesign({ toplevel: 'counter', sources: ['counter.sv'], simulator: 'icarus', timescale: '1ns/1ps' });
describeCocotb('counter', { design, testModule: 'test_counter', pythonPath: ['.'] });`,
  };
  await node.run(
    `mkdir -p ${folder}/node_modules && ln -s /opt/node_modules/mocha-cocotb ${folder}/node_modules/mocha-cocotb`,
  );
  for (const [name, content] of Object.entries(files))
    await node.run(`cat >${folder}/${name} <<'END'\n${content}\nEND`);
}

/** Looks again and again until it is so; the test's own limit ends it. */
async function settled(isIt: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isIt())) await new Promise((resolve) => setTimeout(resolve, 500));
}
