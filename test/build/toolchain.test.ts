/** How tools are found, refused and remembered. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ToolNotFound, ToolTooOld } from '../../src/build/errors.ts';
import { findTools } from '../../src/build/toolchain.ts';
import type { Tool, Toolchain, ToolQuestion } from '../../src/simulators/simulator.ts';
import { rejection } from '../support/rejection.ts';

describe('findTools', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tools-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that says its version and writes down that it was asked. */
  const install = (file: string, version: string): string => {
    const place = path.join(folder, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, `#!/bin/sh\necho asked >> ${folder}/asked\necho "Simula ${version}"\n`);
    chmodSync(place, 0o755);
    return place;
  };
  const timesAsked = (): number => readFileSync(path.join(folder, 'asked'), 'utf8').split('\n').length - 1;
  const question = (candidates: readonly (readonly [string, Tool['origin']])[]): ToolQuestion => ({
    name: 'simula',
    candidates: candidates.map(([name, origin]) => ({ argv: [name], origin, env: {} })),
    versionArgs: ['--version'],
    parseVersion: (text) => /^Simula (\S+)/.exec(text)?.[1],
    minimum: { version: '5.036', reason: 'cocotb 2.1 needs it' },
    mend: 'apt-get install simula',
  });
  const find = (asked: ToolQuestion): Promise<Toolchain> =>
    findTools([asked], {
      variables: { PATH: [path.join(folder, 'bin'), '/usr/bin', '/bin'].join(':') },
      cwd: folder,
      cacheFolder: path.join(folder, 'cache'),
    });

  it('asks a program once, and again when its file changes', async () => {
    const file = install('bin/simula', '5.040');
    const first = await find(question([['simula', 'path']]));
    const second = await find(question([['simula', 'path']]));
    expect(first['simula']).to.include({ version: '5.040', origin: 'path' });
    expect(first['simula']?.argv).to.deep.equal([file]);
    expect(second).to.deep.equal(first);
    expect(timesAsked()).to.equal(1);
    install('bin/simula', '5.041');
    const third = await find(question([['simula', 'path']]));
    expect(third['simula']?.version).to.equal('5.041');
    expect(third['simula']?.identity).not.to.equal(first['simula']?.identity);
  });

  it('gives the same program in another place the same identity', async () => {
    const first = await find(question([[install('one/simula', '5.040'), 'option']]));
    const second = await find(question([[install('two/simula', '5.040'), 'option']]));
    expect(second['simula']?.identity).to.equal(first['simula']?.identity);
  });

  it('passes over what is too old on PATH and takes the next', async () => {
    install('bin/simula', '5.006');
    const python = install('python/simula', '5.048');
    const tools = await find(
      question([
        ['simula', 'path'],
        [python, 'python'],
      ]),
    );
    expect(tools['simula']).to.include({ version: '5.048', origin: 'python' });
  });

  it('says what is too old, where, and what would do', async () => {
    const file = install('bin/simula', '5.006');
    const error = await rejection(find(question([['simula', 'path']])));
    expect(error).to.be.instanceOf(ToolTooOld);
    expect(error.message).to.equal(
      `simula is too old: ${file} (PATH) is version 5.006; needed is 5.036 or newer: cocotb 2.1 needs it. What to do: apt-get install simula`,
    );
  });

  it('takes no other than the one that was named', async () => {
    install('bin/simula', '5.048');
    const old = install('old/simula', '5.006');
    const candidates = (named: string) =>
      question([
        [named, 'option'],
        ['simula', 'path'],
      ]);
    expect(await rejection(find(candidates(old)))).to.be.instanceOf(ToolTooOld);
    const missing = await rejection(find(candidates('/nowhere/simula')));
    expect(missing).to.be.instanceOf(ToolNotFound);
    expect(missing.message).to.equal(
      'simula not found: option: /nowhere/simula does not exist. What to do: apt-get install simula',
    );
  });

  it('does not mistake another program for the tool', async () => {
    const file = path.join(folder, 'bin/simula');
    mkdirSync(path.dirname(file));
    writeFileSync(file, '#!/bin/sh\necho "usage: simula FILE"\n');
    chmodSync(file, 0o755);
    const error = await rejection(find(question([['simula', 'path']])));
    expect(error.message).to.include(`answers "usage: simula FILE\\n", which is not simula's`);
  });
});
