import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Digests } from '../../src/build/digests.ts';
import { layoutOf } from '../../src/build/layout.ts';

describe('Digests', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'digests-'));
    file = path.join(folder, 'top.v');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const digest = async (): Promise<string | undefined> => {
    const digests = new Digests(layoutOf(path.join(folder, 'sim_build')), folder);
    const [found] = await digests.of([file]);
    digests.save();
    return found;
  };
  const record = (): { files: [string, string, string][] } => {
    const place = path.join(folder, 'sim_build/digests');
    const [name = ''] = readdirSync(place);
    return JSON.parse(readFileSync(path.join(place, name), 'utf8')) as { files: [string, string, string][] };
  };
  /** Waits until a change to the file would get another time stamp, by far. */
  const settle = async (): Promise<void> => {
    const changed = statSync(file).ctimeMs;
    while (Date.now() - changed < 200) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('believes a stat that it knows, so that the file is not read again', async () => {
    writeFileSync(file, 'one');
    await settle();
    await digest();
    const known = record();
    for (const entry of known.files) entry[2] = 'remembered';
    const [name = ''] = readdirSync(path.join(folder, 'sim_build/digests'));
    writeFileSync(path.join(folder, 'sim_build/digests', name), JSON.stringify(known));
    expect(await digest()).to.equal('remembered');
    writeFileSync(file, 'two');
    expect(await digest()).not.to.equal('remembered');
  });

  it('does not remember a file that changed a moment ago, for it may change again within one tick of the clock', async () => {
    writeFileSync(file, 'one');
    const first = await digest();
    writeFileSync(file, 'two');
    expect(await digest()).not.to.equal(first);
    expect(() => record().files.length).to.throw();
  });

  it('notices a change that keeps size and modification time', async () => {
    writeFileSync(file, 'one');
    const { atime, mtime } = statSync(file);
    await settle();
    const first = await digest();
    writeFileSync(file, 'two');
    utimesSync(file, atime, mtime);
    expect(await digest()).not.to.equal(first);
  });

  it('gives nothing for a file that is not there, or is a folder', async () => {
    expect(await digest()).to.equal(undefined);
    file = folder;
    expect(await digest()).to.equal(undefined);
  });
});
