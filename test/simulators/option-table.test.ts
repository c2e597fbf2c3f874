/** docs/options.md against the runner's real signatures and our options. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { designOptionNames } from '../../src/options/resolve-design.ts';
import { simulationOptionNames } from '../../src/options/resolve-simulation.ts';
import { root } from '../support/project.ts';
import { run, Workshop } from './harness.ts';

type Row = readonly string[];

describe('the option table', () => {
  const sections = new Map<string, readonly Row[]>();

  before(() => {
    const text = readFileSync(path.join(root, 'docs/options.md'), 'utf8');
    for (const section of text.split(/^## /m).slice(1)) {
      const rows = section.split('\n').filter((line) => line.startsWith('|'));
      const cells = rows.map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
      sections.set(
        section.slice(0, section.indexOf('\n')),
        cells.filter(([first]) => /^`/.test(first ?? '')),
      );
    }
  });

  const column = (section: RegExp, index: number): readonly string[] => {
    const rows = [...sections].find(([title]) => section.test(title))?.[1] ?? [];
    return rows.map((row) => (row[index] ?? '').replaceAll('`', ''));
  };

  it('has every parameter of build() and test(), in their order', async () => {
    const workshop = new Workshop();
    try {
      const { python } = await workshop.python();
      const script = `
import inspect, json
from cocotb_tools.runner import Runner
print(json.dumps([[p for p in inspect.signature(f).parameters if p != "self"] for f in (Runner.build, Runner.test)]))`;
      const [build, test] = JSON.parse(
        await run({ argv: [python, '-c', script], cwd: workshop.folder, env: workshop.env }),
      ) as [string[], string[]];
      expect(column(/^build/, 0)).to.deep.equal(build);
      expect(column(/^test/, 0)).to.deep.equal(test);
    } finally {
      workshop.remove();
    }
  });

  it('has no empty cell', () => {
    for (const [title, rows] of sections) {
      const width = /^(build|test)/.test(title) ? 5 : 2;
      for (const row of rows) {
        expect(row.length, `${title}: ${row.join(' | ')}`).to.be.at.least(width);
        for (const cell of row) expect(cell, `${title}: ${row.join(' | ')}`).not.to.equal('');
      }
    }
  });

  it('names options that exist, and all that exist', () => {
    const more = column(/^What the runner/, 0);
    const design = [...column(/^build/, 1), ...more.filter((name) => designOptionNames.includes(name))];
    expect(new Set(design)).to.deep.equal(new Set(designOptionNames));
    const simulation = [...column(/^test/, 1), ...more.filter((name) => simulationOptionNames.includes(name))];
    expect(new Set(simulation.filter((name) => name !== 'simBuild'))).to.deep.equal(new Set(simulationOptionNames));
    expect(
      more.filter((name) => !designOptionNames.includes(name) && !simulationOptionNames.includes(name)),
    ).to.deep.equal([]);
  });
});
