/** Coverage data of Verilator: added up, written, and counted. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Coverage, formatCoverage } from '../../src/simulation/coverage.ts';
import { anchorCoverage, mergeCoverage } from '../../src/simulation/merge-coverage.ts';
import { viewLine } from '../../src/simulation/view.ts';
import { scratch } from '../support/scratch.ts';

/** One record, as Verilator 5.048 writes it. */
function record(values: Readonly<Record<string, string>>, count: number): string {
  const pairs = Object.entries(values).map(([key, value]) => `\x01${key}\x02${value}`);
  return `C '${pairs.join('')}' ${count}\n`;
}

const point = (kind: string, line: number, rest: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  f: 'rtl/cov.sv',
  l: String(line),
  n: '3',
  t: kind,
  page: `v_${kind}/cov`,
  ...rest,
});

const data = [
  '# SystemC::Coverage-3\n',
  record(point('toggle', 1, { o: 'clk:0->1', h: 'cov' }), 11),
  record(point('toggle', 1, { o: 'clk:1->0', h: 'cov' }), 0),
  record(point('line', 2, { o: 'block', S: '2', h: 'cov' }), 11),
  record(point('line', 3, { o: 'elsif', S: '3-4', h: 'cov' }), 2),
  record(point('branch', 5, { o: 'if', S: '5-6', h: 'cov' }), 2),
  record(point('branch', 5, { n: '4', o: 'else', S: '7,9-10', h: 'cov' }), 0),
  record(point('user', 17, { o: 'wraps', S: '17', h: 'cov.wraps' }), 1),
  record(point('user', 18, { o: 'twice', S: '18', s: '2', h: 'cov.twice' }), 1),
].join('');

describe('Coverage', () => {
  it('adds up the counts of equal points, whatever folder their names are relative to', () => {
    const coverage = new Coverage();
    expect(coverage.add(data, '/work/a')).to.equal(8);
    coverage.add(data.replaceAll('rtl/cov.sv', '../a/rtl/cov.sv'), '/work/b');
    expect(coverage.points).to.have.length(8);
    expect(coverage.points.map(({ count }) => count)).to.have.members([22, 0, 22, 4, 4, 0, 2, 2]);
    expect(new Set(coverage.points.map(({ file }) => file))).to.deep.equal(new Set(['/work/a/rtl/cov.sv']));
  });

  it('reads what it writes', () => {
    const once = new Coverage();
    once.add(data, '/work');
    const again = new Coverage();
    again.add(once.toData(), '/elsewhere');
    expect(again.toData()).to.equal(once.toData());
    expect(once.toData()).to.match(/^# SystemC::Coverage-3\nC '/);
  });

  it('leaves out a record that was cut short', () => {
    const coverage = new Coverage();
    expect(coverage.add(data.slice(0, -4), '/work')).to.equal(7);
  });

  it('counts by file and kind, and a point as covered when it reaches its threshold', () => {
    const coverage = new Coverage();
    coverage.add(data, '/work');
    expect(coverage.summarize()).to.deep.equal([
      {
        file: '/work/rtl/cov.sv',
        kinds: {
          toggle: { covered: 1, total: 2, percent: 50 },
          line: { covered: 3, total: 4, percent: 75 },
          functional: { covered: 1, total: 2, percent: 50 },
        },
      },
    ]);
    expect(formatCoverage(coverage.summarize(), '/work')).to.equal(
      'coverage            line        toggle    functional\n' + 'rtl/cov.sv  75.0 % (3/4)  50.0 % (1/2)  50.0 % (1/2)',
    );
  });

  it('writes lines and branches for lcov', () => {
    const coverage = new Coverage();
    coverage.add(data, '/work');
    expect(coverage.toLcov().split('\n')).to.deep.equal([
      'TN:mocha_cocotb',
      'SF:/work/rtl/cov.sv',
      ...['BRDA:1,0,0,11', 'BRDA:1,0,1,0', 'BRDA:5,0,0,2', 'BRDA:5,0,1,0', 'BRF:4', 'BRH:2'],
      ...['DA:2,11', 'DA:3,2', 'DA:4,2', 'DA:5,2', 'DA:6,2', 'DA:7,0', 'DA:9,0', 'DA:10,0', 'DA:17,1', 'DA:18,1'],
      ...['LF:10', 'LH:7', 'end_of_record', ''],
    ]);
  });
});

describe('mergeCoverage', () => {
  it('adds up the simulations of a run, of designs in different folders', async () => {
    using run = scratch({ 'one/coverage.dat': data, 'two/deep/coverage.dat': data });
    await anchorCoverage(run.path('one/coverage.dat'), '/designs/one');
    await anchorCoverage(run.path('two/deep/coverage.dat'), '/designs/two');
    const merged = await mergeCoverage(run.folder);
    expect(merged?.simulations).to.equal(2);
    expect(merged?.files.map(({ file }) => file)).to.deep.equal(['/designs/one/rtl/cov.sv', '/designs/two/rtl/cov.sv']);
    expect(readFileSync(merged?.infoFile ?? '', 'utf8').match(/^SF:/gm)).to.have.length(2);
    // A second merge gives the same: what the first wrote is not taken for a simulation's.
    expect(await mergeCoverage(run.folder)).to.deep.equal(merged);
  });

  it('gives nothing for a run without coverage', async () => {
    using run = scratch({});
    await anchorCoverage(run.path('coverage.dat'), '/x');
    expect(await mergeCoverage(run.folder)).to.equal(undefined);
  });
});

describe('viewLine', () => {
  it('prefers surfer, takes gtkwave, and needs one that reads the format', () => {
    const has =
      (...names: readonly string[]) =>
      (name: string): boolean =>
        names.includes(name);
    expect(viewLine('/r/w.fst', has('surfer', 'gtkwave'))).to.equal('surfer /r/w.fst');
    expect(viewLine('/r/my w.fst', has('gtkwave'))).to.equal("gtkwave '/r/my w.fst'");
    expect(viewLine('/r/w.fst', has())).to.equal(undefined);
    expect(viewLine('/r/w.wlf', has('surfer', 'gtkwave'))).to.equal(undefined);
  });
});
