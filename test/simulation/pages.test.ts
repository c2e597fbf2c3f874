/** Large pages of a server of warm starts, in a Python of its own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { root } from '../support/project.ts';

const script = `
import json, re, sys
sys.path.insert(0, sys.argv[1])
from mocha_cocotb import pages

def fill():
    return [bytes(400) for _ in range(50_000)]  # 20 MB

def heap():
    with open("/proc/self/maps") as maps:
        start, end = next(line for line in maps if "[heap]" in line).split()[0].split("-")
    return range(int(start, 16), int(end, 16))

def large():
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"AnonHugePages: *(\\d+)", file.read())[1]) >> 10

with pages.contiguous_arenas():
    meanwhile = fill()
afterwards = fill()
# The first of them went where there was still room.
in_heap = [all(id(item) in heap() for item in items[-20_000::100]) for items in (meanwhile, afterwards)]
before = large()
pages.enlarge()
print(json.dumps({"meanwhile": in_heap[0], "afterwards": in_heap[1], "before": before, "large": large()}))
`;

describe('memory that forks share', function () {
  this.timeout(30_000);

  it('lies in one piece, and is put into large pages where the kernel has any', async () => {
    const { stdout } = await execa('python3', ['-c', script, path.join(root, 'python')]);
    const { large, before, ...inHeap } = JSON.parse(stdout) as Record<string, boolean | number>;
    expect(inHeap).to.deep.equal({ meanwhile: true, afterwards: false });
    if (existsSync('/sys/kernel/mm/transparent_hugepage')) expect(large).to.be.at.least(Number(before) + 16);
  });
});
