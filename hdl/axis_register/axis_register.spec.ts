import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

describeCocotb('AXI-stream register slice', {
  design: defineDesign({
    toplevel: 'axis_register',
    sources: ['axis_register.sv'],
    parameters: { DATA_WIDTH: 32 },
    timescale: '1ns/1ps',
    cwd: folder,
  }),
  testModule: 'test_axis_register',
  pythonPath: [folder],
});
