/** When a stat stands for a content, and when a file is read again. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { digestOfAll, Digests, type Look } from '../../src/build/digests.ts';
import { layoutOf } from '../../src/build/layout.ts';

describe('Digests', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'digests-'));
    file = path.join(folder, 'top.v');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (): Digests => new Digests(layoutOf(path.join(folder, 'sim_build')), folder);
  const digest = async (): Promise<string | undefined> => {
    const digests = open();
    const [found] = await digests.of([file]);
    digests.save();
    return found;
  };
  const digestAll = async (files: readonly string[]): Promise<string | undefined> => {
    const digests = open();
    const found = await digests.ofAll(files);
    digests.save();
    return found;
  };
  /** The record of single files, or of groups. */
  const recordPlace = (kind: 'files' | 'groups'): string => {
    const place = path.join(folder, 'sim_build/digests');
    const names = readdirSync(place).filter((name) => name.endsWith('-groups.json') === (kind === 'groups'));
    return path.join(place, names[0] ?? 'none');
  };
  const record = (kind: 'files' | 'groups'): { version: number; texts: Record<string, string> } =>
    JSON.parse(readFileSync(recordPlace(kind), 'utf8')) as ReturnType<typeof record>;
  const tamper = (kind: 'files' | 'groups', change: (text: string) => string): void => {
    const { version, texts } = record(kind);
    const changed = Object.entries(texts).map(([name, text]) => [name, change(text)]);
    writeFileSync(recordPlace(kind), JSON.stringify({ version, texts: Object.fromEntries(changed) as unknown }));
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
    tamper('files', (text) => text.replace(/\w+$/, 'remembered'));
    expect(await digest()).to.equal('remembered');
    writeFileSync(file, 'two');
    expect(await digest()).not.to.equal('remembered');
  });

  it('does not remember a file that changed a moment ago, for it may change again within one tick of the clock', async () => {
    writeFileSync(file, 'one');
    const first = await digest();
    writeFileSync(file, 'two');
    expect(await digest()).not.to.equal(first);
    expect(() => record('files')).to.throw();
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

  it('ignores a record that is damaged, or of another version', async () => {
    writeFileSync(file, 'one');
    await settle();
    const first = await digest();
    for (const text of ['', '[]', '{"version":1,"files":[]}', JSON.stringify({ version: 2, texts: { [file]: 7 } })]) {
      writeFileSync(recordPlace('files'), text);
      expect(await digest()).to.equal(first);
    }
  });

  it('asks for no file twice in one look', async () => {
    writeFileSync(file, 'one');
    await settle();
    const digests = open();
    const look: Look = [];
    const [first] = await digests.of([file], look);
    writeFileSync(file, 'two, which is longer');
    const other = path.join(folder, 'other.v');
    writeFileSync(other, 'other');
    const [again, otherDigest, missing] = await digests.of([file, other, `${other}.missing`], look);
    expect([again, missing]).to.deep.equal([first, undefined]);
    expect(look.map(({ files }) => files)).to.deep.equal([[file], [other, `${other}.missing`]]);
    expect(await digests.of([other], look)).to.deep.equal([otherDigest]);
    expect(await digests.of([file])).not.to.deep.equal([first]);
  });

  describe('of many files together', () => {
    let files: readonly string[];

    beforeEach(async () => {
      files = ['a.v', 'b.v', 'c.v'].map((name) => path.join(folder, name));
      for (file of files) writeFileSync(file, path.basename(file));
      await settle();
    });

    it('is the one of their digests, in order', async () => {
      const each = await open().of(files);
      expect(await digestAll(files)).to.equal(digestOfAll(each));
      expect(await digestAll([...files].reverse())).to.equal(digestOfAll([...each].reverse()));
      expect(await digestAll(files)).not.to.equal(await digestAll([...files].reverse()));
    });

    it('believes the stats that it knows without looking up the digests of each', async () => {
      await digestAll(files);
      tamper('groups', () => 'remembered');
      writeFileSync(recordPlace('files'), 'damaged');
      expect(await digestAll(files)).to.equal('remembered');
    });

    for (const [index, name] of ['a.v', 'b.v', 'c.v'].entries()) {
      it(`notices a change of ${name}, and the return to what it was`, async () => {
        const first = await digestAll(files);
        file = files[index] ?? '';
        writeFileSync(file, 'x.v');
        expect(await digestAll(files)).not.to.equal(first);
        writeFileSync(file, name);
        expect(await digestAll(files)).to.equal(first);
      });
    }

    it('does not remember what holds a file that changed a moment ago', async () => {
      writeFileSync(file, 'x.v');
      const first = await digestAll(files);
      writeFileSync(file, 'y.v');
      expect(await digestAll(files)).not.to.equal(first);
      expect(() => record('groups')).to.throw();
      await settle();
      await digestAll(files);
      expect(Object.keys(record('groups').texts)).to.have.length(1);
    });

    it('gives nothing where one is missing', async () => {
      await digestAll(files);
      rmSync(file);
      expect(await digestAll(files)).to.equal(undefined);
    });
  });
});
