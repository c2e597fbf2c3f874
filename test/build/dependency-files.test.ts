/** What compilers say of the files that they read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parseMakeRules, readDependencies } from '../../src/build/dependency-files.ts';

describe('parseMakeRules', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a rule over several lines', 'a.o: a.cpp \\\n  a.h\\\n b.h\n', ['a.cpp', 'a.h', 'b.h']],
    ['Verilator’s rule of many targets', 'o/a.cpp o/a.h  : /bin/v top.v \n', ['/bin/v', 'top.v']],
    ['phony rules of -MP', 'a.o: a.cpp a.h\na.h:\n', ['a.cpp', 'a.h']],
    ['blanks, dollars and hashes in names', 'a.o: my\\ file.h cost$$.h c\\#.h\n', ['my file.h', 'cost$.h', 'c#.h']],
    ['nothing', '', []],
  ];
  for (const [what, text, names] of cases) {
    it(`reads ${what}`, () => expect(parseMakeRules(text)).to.deep.equal(names));
  }
});

describe('readDependencies', () => {
  it('resolves names against the design’s folder and the compile’s, and leaves out what the compile made', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dependencies-'));
    try {
      const [cwd, staging] = [path.join(folder, 'design'), path.join(folder, 'staging')];
      for (const made of [cwd, path.join(staging, 'generated')]) mkdirSync(made, { recursive: true });
      for (const file of ['design/top.v', 'design/main.h', 'staging/generated/main.h']) {
        writeFileSync(path.join(folder, file), '');
      }
      writeFileSync(
        path.join(staging, 'generated/a.d'),
        `a.o: top.v main.h ${staging}/generated/main.h missing.h ../../design/main.h\n`,
      );
      const plan = {
        files: [],
        commands: [],
        products: [],
        intermediates: [],
        dependencyFiles: [
          { path: 'generated/a.d', format: 'make' as const },
          { path: 'none.d', format: 'lines' as const },
        ],
      };
      expect(readDependencies(plan, staging, cwd)).to.deep.equal([path.join(cwd, 'top.v'), path.join(cwd, 'main.h')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
