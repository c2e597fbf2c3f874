/** The mocha-cocotb command: which subcommand runs, what it says, and its exit code. */
import { mkdir, readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { Scratch, testEnvironment } from '../python/scratch.ts';
import { mochaCocotb } from './command.ts';

describe('mocha-cocotb', () => {
  let scratch: Scratch;

  beforeEach(async () => {
    scratch = await Scratch.make();
    await scratch.write('package.json', '{ "type": "module" }');
  });
  afterEach(() => scratch.remove());

  it('lists its commands in its help, and prints its version', async () => {
    const { stdout, exitCode } = await mochaCocotb(scratch.folder, ['--help']);
    expect(exitCode).to.equal(0);
    for (const command of ['setup', 'doctor', 'init', 'exec', 'locks', 'explain', 'clean']) {
      expect(stdout).to.match(new RegExp(`^  ${command}\\b`, 'm'));
    }
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await mochaCocotb(scratch.folder, ['--version'])).stdout).to.equal(version);
  });

  for (const args of [['setup', '--no-such-option'], ['init', 'a', 'b'], ['exec']]) {
    it(`ends with 2 for the wrong command line "${args.join(' ')}"`, async () => {
      const { stderr, exitCode } = await mochaCocotb(scratch.folder, args);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^error: /);
    });
  }

  it('ends with 1 and the message alone for an error of ours', async () => {
    const { stderr, exitCode } = await mochaCocotb(scratch.folder, ['init', 'missing.sv']);
    expect(exitCode).to.equal(1);
    expect(stderr)
      .to.match(/^Design file missing\.sv can't be read/)
      .and.not.to.include('    at ');
  });

  it('gives everything else to mocha, whose exit code is the number of failures', async () => {
    await scratch.write('two.js', `it('one', () => {}); it('two', () => { throw new Error('no'); });`);
    const { stdout, exitCode } = await mochaCocotb(scratch.folder, ['--reporter', 'json', 'two.js']);
    expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).to.have.nested.property('stats.failures', 1);
    expect(exitCode).to.equal(1);
  });

  describe('gives mocha a time limit of 60 s', () => {
    const spec = `it('says it', function () { throw new Error('limit ' + this.timeout()); });`;
    const rc = { '.mocharc.json': '{ "timeout": 2000 }' };
    const named = { 'my.json': '{ "t": 2000 }' };
    const manifest = { 'package.json': '{ "type": "module", "mocha": { "timeout": 2000 } }' };
    // The process that mocha starts for a flag of node loads our registration, too, which is TypeScript here.
    const loader = { NODE_OPTIONS: `--import=${import.meta.resolve('tsx')}` };
    for (const { when, files = {}, args = [], env = {}, limit } of [
      { when: 'where none is set', limit: 60_000 },
      {
        when: 'where none is set, in a process with a flag of node, too',
        args: ['--expose-gc'],
        env: loader,
        limit: 60_000,
      },
      { when: 'where the file that sets one is left out', files: rc, args: ['--no-config'], limit: 60_000 },
      { when: 'but not instead of 2000 in .mocharc', files: rc, limit: 2000 },
      {
        when: 'but not instead of 2000 in the named configuration',
        files: named,
        args: ['--config', 'my.json'],
        limit: 2000,
      },
      { when: 'but not instead of 2000 in package.json', files: manifest, limit: 2000 },
      { when: 'but not instead of 2000 in MOCHA_OPTIONS', env: { MOCHA_OPTIONS: '--timeout 2000' }, limit: 2000 },
      { when: 'but not instead of -t 2s, also in workers', args: ['-t', '2s', '--parallel'], limit: 2000 },
    ]) {
      it(when, async () => {
        for (const [name, text] of Object.entries<string>(files)) await scratch.write(name, text);
        await scratch.write('limit.js', spec);
        const { stdout } = await mochaCocotb(scratch.folder, [...args, 'limit.js'], env);
        expect(stdout).to.match(new RegExp(`Error: limit ${limit}$`, 'm'));
      });
    }
  });

  describe('has Node keep what it compiles', () => {
    beforeEach(async () => {
      // In place of Node's own, which Node 20 lacks.
      await scratch.write(
        'stand-in.mjs',
        `import nodeModule from 'node:module';
        nodeModule.enableCompileCache = (folder) => {
          const isLate = Object.keys(nodeModule._cache).some((file) => file.includes('/mocha/lib/'));
          console.log((isLate ? 'late, ' : '') + 'kept in ' + folder);
        };`,
      );
      await scratch.write('one.js', `it('one', () => {});`);
    });

    async function run(env: Readonly<Record<string, string>> = {}): Promise<string> {
      const { stdout, exitCode } = await mochaCocotb(scratch.folder, ['one.js'], {
        NODE_OPTIONS: `--import=${pathToFileURL(scratch.path('stand-in.mjs')).href}`,
        XDG_CACHE_HOME: scratch.path('cache'),
        ...env,
      });
      expect(exitCode, stdout).to.equal(0);
      return stdout;
    }

    it("in the user's cache folder, mocha's own modules, too", async () => {
      await mkdir(scratch.path('cache/mocha-cocotb'), { recursive: true });
      expect(await run()).to.match(/^kept in .*\/cache\/mocha-cocotb\/node$/m);
    });

    it('but makes no cache folder for it, and leaves it where coverage of Node is measured', async () => {
      expect(await run()).not.to.include('kept in');
      await mkdir(scratch.path('cache/mocha-cocotb'), { recursive: true });
      expect(await run({ NODE_V8_COVERAGE: scratch.path('coverage') })).not.to.include('kept in');
    });
  });

  describe('doctor', () => {
    it('says what was found where', async () => {
      const { python, cocotbVersion } = await testEnvironment();
      const { stdout, exitCode } = await mochaCocotb(scratch.folder, ['doctor'], { MOCHA_COCOTB_PYTHON: python });
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/found +python +3\.\d+\.\d+ .*\(MOCHA_COCOTB_PYTHON\)/);
      expect(stdout).to.include(cocotbVersion);
      for (const tool of ['verilator', 'make', 'c\\+\\+', 'iverilog', 'vvp']) {
        expect(stdout).to.match(new RegExp(`found +${tool} +\\d`));
      }
    });

    it('says how to get what is missing, and ends with 1', async () => {
      const variables = { PATH: '/nowhere', VERILATOR: '/no/verilator', XDG_CACHE_HOME: scratch.path('cache') };
      const { stdout, exitCode } = await mochaCocotb(scratch.folder, ['doctor'], {
        ...variables,
        MOCHA_COCOTB_PYTHON: undefined,
        VIRTUAL_ENV: undefined,
      });
      expect(exitCode).to.equal(1);
      expect(stdout).to.match(/missing +python +Python with cocotb[^]*npx mocha-cocotb setup/);
      expect(stdout).to.match(/missing +verilator .*\/no\/verilator/);
      expect(stdout).to.match(/missing +iverilog .*apt-get install iverilog/);
      expect(stdout).to.match(/missing +make .*apt-get install make/);
    });
  });

  describe('init', () => {
    it('writes a first spec and cocotb test for the first design found, and keeps what is there', async () => {
      await scratch.write('rtl/tb_gate.sv', 'module tb; endmodule');
      await scratch.write(
        'rtl/gate.sv',
        '// module fake\nmodule gate(input logic a_clk, input d, output logic q); endmodule',
      );
      const first = await mochaCocotb(scratch.folder, ['init']);
      expect(first.stdout).to.include('Run it: npx mocha-cocotb rtl/gate.spec.js');
      expect(await readFile(scratch.path('rtl/gate.spec.js'), 'utf8')).to.include("sources: ['rtl/gate.sv']");
      expect(await readFile(scratch.path('rtl/test_gate.py'), 'utf8')).to.include('Clock(dut.a_clk, 10, "ns")');
      expect(JSON.parse(await readFile(scratch.path('.mocharc.json'), 'utf8'))).to.have.deep.property('spec', [
        'rtl/**/*.spec.js',
      ]);
      await scratch.write('rtl/test_gate.py', '# mine');
      const second = await mochaCocotb(scratch.folder, ['init']);
      expect(second.stdout).to.include('Kept rtl/test_gate.py').and.not.to.include('configuration');
      expect(await readFile(scratch.path('rtl/test_gate.py'), 'utf8')).to.equal('# mine');
    });

    it('reads VHDL, and writes TypeScript where the project can load it', async () => {
      await scratch.write('package.json', '{ "devDependencies": { "tsx": "*" }, "mocha": {} }');
      await scratch.write('unit.vhd', '-- entity no is\nentity Unit is port (q : out bit); end;');
      const { stdout } = await mochaCocotb(scratch.folder, ['init', 'unit.vhd']);
      expect(stdout).to.include('Wrote Unit.spec.ts').and.not.to.include('.mocharc');
      expect(stdout).to.include('it needs {"spec":["**/*.spec.ts"],').and.to.include('"node-option":["import=tsx"]');
      expect(await readFile(scratch.path('test_Unit.py'), 'utf8')).to.include('Timer(100, "ns")');
    });

    it('asks for a design where there is none', async () => {
      const { stderr, exitCode } = await mochaCocotb(scratch.folder, ['init']);
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(/No \.sv, .* found in .*Name one/);
    });
  });
});
