/** Large pages of a server of warm starts, in a Python of its own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { root } from '../support/project.ts';

const script = `
import json, mmap, re, sys
sys.path.insert(0, sys.argv[1])
from mocha_cocotb import pages

def large():
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"AnonHugePages: *(\\d+)", file.read())[1]) >> 10

memory = mmap.mmap(-1, 24 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.write(b"x" * len(memory))
before = large()
pages.enlarge()
print(json.dumps({"before": before, "large": large()}))
`;

describe('memory that forks share', function () {
  this.timeout(30_000);

  it('is put into large pages where the kernel has any', async () => {
    const { stdout } = await execa('python3', ['-c', script, path.join(root, 'python')]);
    const { large, before } = JSON.parse(stdout) as Record<'large' | 'before', number>;
    if (existsSync('/sys/kernel/mm/transparent_hugepage')) expect(large).to.be.at.least(before + 16);
  });
});
