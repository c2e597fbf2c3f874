/** Filelists as real projects write them. */
import { expect } from 'chai';
import path from 'node:path';
import { readFilelists, type FilelistContents } from '../../src/options/filelist.ts';
import { splitFilelist } from '../../src/options/filelist-words.ts';
import { scratch } from '../support/scratch.ts';

describe('splitFilelist', () => {
  const split = (content: string): readonly string[] => splitFilelist(content).map(({ text }) => text);

  const cases: readonly { readonly what: string; readonly content: string; readonly words: readonly string[] }[] = [
    {
      what: 'splits at blanks and ends of lines',
      content: 'a.v  b.v\tc.v\r\nd.v',
      words: ['a.v', 'b.v', 'c.v', 'd.v'],
    },
    {
      what: 'drops comments of all three kinds',
      content: 'a.v // x\n# y\n/* z\n z */ b.v #w\n// end',
      words: ['a.v', 'b.v'],
    },
    {
      what: 'keeps // and /* inside a word',
      content: 'rtl//a.v lib/*.v c#d.v',
      words: ['rtl//a.v', 'lib/*.v', 'c#d.v'],
    },
    {
      what: 'keeps blanks inside quotes',
      content: '"my rtl/a.v" +incdir+"the dir"',
      words: ['my rtl/a.v', '+incdir+the dir'],
    },
    { what: 'takes a quote after a backslash as a character', content: '-DNAME=\\"x\\"', words: ['-DNAME="x"'] },
    {
      what: 'leaves the apostrophe of sized values alone',
      content: "-GW=8'h4 +define+X=1'b1",
      words: ["-GW=8'h4", "+define+X=1'b1"],
    },
    { what: 'continues a line after a backslash', content: 'a.v \\\n b.v\\\nc.v', words: ['a.v', 'b.v', 'c.v'] },
    { what: 'ends at an open comment', content: 'a.v /* b.v', words: ['a.v'] },
  ];
  for (const { what, content, words } of cases) {
    it(what, () => {
      expect(split(content)).to.deep.equal(words);
    });
  }

  it('counts lines through comments and continued lines', () => {
    const lines = splitFilelist('a // 1\n/* 2\n3 */ b\n\nc \\\nd').map(({ line }) => line);
    expect(lines).to.deep.equal([1, 3, 5, 6]);
  });
});

describe('readFilelists', () => {
  const read = (folder: string, lists: readonly string[], variables: Record<string, string> = {}): FilelistContents =>
    readFilelists(lists, { cwd: folder, variables });

  it('reads what a list can hold', () => {
    using project = scratch({
      'a.sv': '',
      'lib/cells.v': '',
      'all.f': `
        +incdir+inc+lib
        -I inc2 -Iinc3
        +define+A=1+B -DC="x y" -D D
        -GW=8'h4 -G S=\\"hi\\" -Ptop.DEPTH=3 +parameter+E=5
        -v lib/cells.v -y lib -ylib2 +libext+.v+.sv -Y .vh
        -Wno-fatal --x-assign 0 -CFLAGS "-O3 -g" +access+r
        a.sv`,
    });
    const contents = read(project.folder, ['all.f']);
    expect(contents).to.deep.equal({
      files: [project.path('all.f')],
      sources: [
        { path: project.path('lib/cells.v'), isLibraryFile: true },
        { path: project.path('a.sv'), isLibraryFile: false },
      ],
      includes: ['inc', 'lib', 'inc2', 'inc3'].map(project.path),
      libraryFolders: ['lib', 'lib2'].map(project.path),
      libraryExtensions: ['.v', '.sv', '.vh'],
      defines: { A: '1', B: null, C: 'x y', D: null },
      parameters: { W: "8'h4", S: '"hi"', DEPTH: '3', E: '5' },
      buildArgs: ['-Wno-fatal', '--x-assign', '0', '-CFLAGS', '-O3 -g', '+access+r'],
      problems: [],
    });
  });

  it('reads lists in lists: -f relative to the working folder, -F to the list itself', () => {
    using project = scratch({
      'top.f': '-f ip/cwd.f\n-F ip/own.f\n',
      'ip/cwd.f': 'ip/a.sv +incdir+ip/inc\n',
      'ip/own.f': 'b.sv +incdir+inc\n-F deep/more.f\n-f again.f\n',
      'ip/deep/more.f': 'c.sv\n',
      'ip/again.f': 'top.sv\n',
      'ip/a.sv': '',
      'ip/b.sv': '',
      'ip/deep/c.sv': '',
      'top.sv': '',
    });
    const contents = read(project.folder, ['top.f']);
    expect(contents.problems).to.deep.equal([]);
    expect(contents.sources.map(({ path: file }) => path.relative(project.folder, file))).to.deep.equal([
      'ip/a.sv',
      'ip/b.sv',
      'ip/deep/c.sv',
      'top.sv',
    ]);
    expect(contents.includes).to.deep.equal([project.path('ip/inc'), project.path('ip/inc')]);
    expect(contents.files).to.have.length(5);
  });

  it('replaces environment variables in all three forms', () => {
    using project = scratch({ 'r/a.sv': '', 'r/b.sv': '', 'r/c.sv': '', 'all.f': '$R/a.sv ${R}/b.sv $(R)/c.sv' });
    const { sources, problems } = read(project.folder, ['all.f'], { R: project.path('r') });
    expect(problems).to.deep.equal([]);
    expect(sources).to.have.length(3);
  });

  it('reads a list twice that two others name', () => {
    using project = scratch({ 'a.f': '-f c.f', 'b.f': '-f c.f', 'c.f': 'x.sv', 'x.sv': '' });
    expect(read(project.folder, ['a.f', 'b.f'])).to.deep.include({ problems: [] });
  });

  it('names list and line of what is wrong', () => {
    using project = scratch({
      'bad.f': 'no.sv\n\n$UNSET/x\n-f missing.f\n-Ptop.X=1 -G NOVALUE\n-f circle.f\n-y',
      'circle.f': '\n-f bad.f',
    });
    const at = (name: string, line: number): string => `${project.path(name)}:${line}`;
    const problems = read(project.folder, ['bad.f', 'gone.f']).problems;
    expect(problems.map(({ option, expected }) => [option, expected])).to.have.deep.members([
      [at('bad.f', 1), 'an existing file'],
      [at('bad.f', 3), 'the environment variable UNSET to be set'],
      [at('bad.f', 3), 'an existing file'],
      [at('bad.f', 4), 'a filelist that can be read'],
      [at('bad.f', 5), 'a parameter as NAME=value'],
      [at('circle.f', 2), 'filelists that do not name each other in a circle'],
      [at('bad.f', 7), 'a value after -y'],
      ['filelists[1]', 'a filelist that can be read'],
    ]);
  });
});
