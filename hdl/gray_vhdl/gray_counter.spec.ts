import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

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
