/** The stand-ins for lz4.h and zlib.h: what they write is decoded by an independent reader of the format. */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/project.ts';
import { run, Workshop } from './harness.ts';

describe('the FST writer’s lz4.h and zlib.h', () => {
  let workshop: Workshop;

  before(async function () {
    this.timeout(120_000);
    workshop = new Workshop();
    workshop.write(
      'main.cpp',
      `#include <lz4.h>
#include <zlib.h>
#include <cstdio>
#include <vector>
int main(int, char** argv) {
    std::vector<char> in;
    std::FILE* file = std::fopen(argv[1], "rb");
    for (int c; (c = std::fgetc(file)) != EOF;) in.push_back(static_cast<char>(c));
    std::fclose(file);
    std::vector<char> out(LZ4_compressBound(static_cast<int>(in.size())));
    const int size = LZ4_compress_default(in.data(), out.data(), static_cast<int>(in.size()), static_cast<int>(out.size()));
    file = std::fopen(argv[2], "wb");
    std::fwrite(out.data(), 1, size, file);
    std::fclose(file);
    // The writer keeps what doesn't become smaller, so this must not.
    uLongf bound = compressBound(in.size());
    std::vector<Bytef> none(bound);
    const int state = compress2(none.data(), &bound, reinterpret_cast<const Bytef*>(in.data()), in.size(), 9);
    return state == Z_OK && bound > in.size() ? 0 : 1;
}
`,
    );
    const headers = path.join(root, 'python/fst');
    await run({
      argv: ['c++', '-Wall', '-Werror', '-O1', `-I${headers}`, 'main.cpp', '-o', 'compress'],
      cwd: workshop.folder,
      env: workshop.env,
    });
  });
  after(() => {
    workshop.remove();
  });

  const random = randomBytes(20_000);
  const inputs: Readonly<Record<string, Buffer>> = {
    nothing: Buffer.alloc(0),
    'one byte': Buffer.from('x'),
    'twelve equal bytes': Buffer.alloc(12, 7),
    'a long run': Buffer.alloc(100_000, 7),
    'a pattern farther apart than a match can reach': Buffer.concat([random, Buffer.alloc(70_000), random]),
    'what does not compress': random,
    text: Buffer.from(Array.from({ length: 3000 }, (_, index) => `signal_${index % 97} ${index}\n`).join('')),
    'literals of exactly 15 and 270': Buffer.concat([
      random.subarray(0, 15),
      Buffer.alloc(30),
      random.subarray(0, 270),
      Buffer.alloc(30),
    ]),
  };
  for (const [what, input] of Object.entries(inputs)) {
    it(`keeps ${what}`, async () => {
      const file = path.join(workshop.folder, 'in');
      writeFileSync(file, input);
      await run({ argv: ['./compress', 'in', 'out'], cwd: workshop.folder, env: workshop.env });
      const packed = readFileSync(path.join(workshop.folder, 'out'));
      expect(unpack(packed).equals(input)).to.equal(true);
      if (what === 'a long run') expect(packed.length).to.be.lessThan(1000);
      if (what === 'text') expect(packed.length).to.be.lessThan(input.length * 0.6);
    });
  }
});

/** Bytes that are the same in every run. */
function randomBytes(count: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}

/** Unpacks an LZ4 block as lz4_Block_format.md describes it, its end rules included. */
function unpack(packed: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const next = (): number => packed[at++] ?? expect.fail('the block ends too early');
  const length = (start: number): number => {
    let sum = start;
    if (start === 15) {
      let more: number;
      do {
        more = next();
        sum += more;
      } while (more === 255);
    }
    return sum;
  };
  for (;;) {
    const token = next();
    const literals = length(token >> 4);
    for (let index = 0; index < literals; index += 1) out.push(next());
    if (at === packed.length) {
      expect(literals, 'the last 5 bytes are literals').to.be.at.least(Math.min(out.length, 5));
      return Buffer.from(out);
    }
    const offset = next() + 256 * next();
    const match = length(token & 15) + 4;
    expect(offset).to.be.within(1, out.length);
    for (let index = 0; index < match; index += 1) out.push(out[out.length - offset] ?? 0);
  }
}
