/** Python's memory as placement.c has it, in each of its stages, in a Python of its own. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { pythonFile } from '../../src/package-folder.ts';
import { pythonOfTests } from '../support/project.ts';
import { scratch, type Scratch } from '../support/scratch.ts';

const script = path.join(import.meta.dirname, 'placement-stress.py');

interface Answer {
  /** Share of the blocks that forks write to that are where such are put. */
  readonly placed: number;
  /** Whether the fork wrote down what it had written to. */
  readonly reported: boolean;
}

/** Leaves holes in C's heap, and says how much of what is allocated after they were filled lies behind all of them. */
const holes = `
import ctypes, sys

library, libc = ctypes.CDLL(sys.argv[1]), ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
pieces = [libc.malloc(ctypes.c_size_t(size)) for size in range(600, 9_000, 16)]
for address in pieces[::2]:
    libc.free(ctypes.c_void_p(address))
library.mocha_cocotb_fill_holes()
more = [libc.malloc(ctypes.c_size_t(size)) for size in range(600, 9_000, 100)]
print(sum(address > max(pieces) for address in more) / len(more))
`;

describe('memory of warm servers, under stress', function () {
  this.timeout(30_000);
  let files: Scratch;
  let library: string;

  before(async () => {
    files = scratch({});
    library = files.path('placement.so');
    // Started by the dynamic linker: as by GPI, before Python is.
    const start = '-Wl,-init,mocha_cocotb_place';
    await execa('cc', ['-O2', '-shared', '-fPIC', start, '-o', library, pythonFile('placement.c')]);
  });

  after(() => {
    files[Symbol.dispose]();
  });

  const python = async (stage: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execa(pythonOfTests(), argv, {
      env: {
        LD_PRELOAD: library,
        MOCHA_COCOTB_PLACEMENT: `${stage} ${files.folder}`,
        PYTHONHASHSEED: '0',
        PYTHONMALLOC: undefined,
        PYTHONDEVMODE: undefined,
        ...env,
      },
    });

  const stress = async (stage: string, ...more: readonly string[]): Promise<Answer> => {
    const { stdout } = await python(stage, [script, library, ...more]);
    return JSON.parse(stdout) as Answer;
  };

  it('is remembered', async () => {
    expect(await stress('record')).to.deep.equal({ placed: 0, reported: true });
    expect(await readdir(files.folder)).to.have.members(['placement.so', 'candidates']);
  });

  it('is spread', async () => {
    let rounds = 0;
    while (!existsSync(files.path('written')) && rounds++ < 3) {
      const { placed, reported } = await stress('spread');
      expect(placed).to.be.above(0.9);
      expect(reported).to.equal(true);
    }
    expect(await readdir(files.folder)).to.include('written');
  });

  it('is packed', async () => {
    const { placed, reported } = await stress('pack');
    expect(placed).to.be.above(0.9);
    expect(reported).to.equal(false);
  });

  it('is packed, with mappings below the heap', async () => {
    const { placed } = await stress('pack', 'below');
    expect(placed).to.be.above(0.9);
  });

  it('has no holes left', async () => {
    const argv = ['-c', holes, library];
    const { stdout } = await python('record', argv);
    expect(Number(stdout)).to.be.above(0.9);
    // Not ours to fill: such a heap has no end that is behind all holes.
    const mapped = await python('record', argv, { MALLOC_MMAP_THRESHOLD_: '500000' });
    expect(Number(mapped.stdout)).to.be.below(0.9);
  });
});
