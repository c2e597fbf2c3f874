/** Which input made a build necessary. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { explain, explainNow, listManifests } from '../../src/build/explain.ts';
import { layoutOf, type Layout } from '../../src/build/layout.ts';
import type { Manifest } from '../../src/build/manifest.ts';
import { ensureToy, type ToyOptions } from './ensure-toy.ts';
import { makeToy, type Toy } from './toy-simulator.ts';

describe('explain', () => {
  let folder: string;
  let toy: Toy;
  let layout: Layout;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'explain-'));
    toy = makeToy(folder);
    layout = layoutOf(path.join(toy.folder, 'sim_build'));
    toy.write('top.v', 'include a.h\n');
    toy.write('second/a.h', 'define A 1\n');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const build = async (options: ToyOptions = {}): Promise<Manifest> => {
    const { id } = await ensureToy(toy, options);
    const manifest = listManifests(layout).find((candidate) => candidate.id === id);
    if (manifest === undefined) throw new Error(`${id} has no manifest`);
    return manifest;
  };

  it('has nothing to compare the first build with', async () => {
    expect(explain(await build(), [])).to.deep.equal({ nearest: undefined, differences: [] });
  });

  it('names the included file that changed', async () => {
    const before = await build();
    toy.write('second/a.h', 'define A 2\n');
    expect(explain(await build(), [before])).to.deep.equal({
      nearest: before,
      differences: [{ kind: 'file', name: 'second/a.h', change: 'changed', detail: '' }],
    });
  });

  it('names the option, and leaves out the command line that follows from it', async () => {
    const before = await build({ design: { defines: { DEPTH: 4, FAST: null } } });
    const after = await build({ design: { defines: { DEPTH: 8 } } });
    expect(explain(after, [before]).differences).to.deep.equal([
      { kind: 'option', name: 'define DEPTH', change: 'changed', detail: 'from 4 to 8' },
      { kind: 'option', name: 'define FAST', change: 'removed', detail: 'null' },
    ]);
  });

  it('compares with the earlier build that differs least', async () => {
    const far = await build({ toolVersion: '1.0', trace: true });
    const near = await build({ toolVersion: '1.0' });
    const made = await build({ toolVersion: '2.0' });
    for (const earlier of [
      [far, near],
      [near, far],
    ]) {
      const { nearest, differences } = explain(made, earlier);
      expect(nearest?.id).to.equal(near.id);
      expect(differences.map(({ name }) => name)).to.deep.equal(['tool toyc']);
    }
  });

  it('compares with the first of those that differ as little, which is the latest', async () => {
    const [one, two] = [await build({ toolVersion: '1.0' }), await build({ toolVersion: '2.0', trace: true })];
    const made = await build({ toolVersion: '2.0' });
    expect(explain(made, [two, one]).nearest?.id).to.equal(two.id);
    expect(explain(made, [one, two]).nearest?.id).to.equal(one.id);
  });

  it('says what changed since a build was made, and what would now be found first', async () => {
    const manifest = await build();
    expect(await explainNow(manifest, layout)).to.deep.equal([]);
    toy.write('top.v', 'include a.h\nmodule\n');
    toy.write('first/a.h', '\n');
    const first = path.join(toy.folder, 'first/a.h');
    expect(await explainNow(manifest, layout)).to.deep.equal([
      { kind: 'file', name: 'top.v', change: 'changed', detail: '' },
      { kind: 'file', name: first, change: 'added', detail: 'now found earlier on a search path' },
    ]);
  });
});
