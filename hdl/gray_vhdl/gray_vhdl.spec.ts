import { defineDesign, describeCocotb } from 'mocha-cocotb';
import { existsSync } from 'node:fs';
import path from 'node:path';

const folder = import.meta.dirname;
const hasGhdl = (process.env['PATH'] ?? '').split(path.delimiter).some((bin) => existsSync(path.join(bin, 'ghdl')));

if (hasGhdl) {
  // In several VHDL sources the order counts, and the toplevel's comes last.
  describeCocotb('gray counter in VHDL', {
    design: defineDesign({
      toplevel: 'gray_counter',
      sources: ['gray_package.vhdl', 'gray_counter.vhdl'],
      parameters: { WIDTH: 5 },
      simulator: 'ghdl',
      cwd: folder,
    }),
    testModule: 'test_gray_counter',
    pythonPath: [folder],
  });
} else {
  describe.skip('gray counter in VHDL: needs GHDL (apt-get install ghdl)', () => {});
}
