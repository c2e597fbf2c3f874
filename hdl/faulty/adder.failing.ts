import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

describeCocotb('faulty adder', {
  design: defineDesign({ toplevel: 'adder', sources: ['adder.sv'], timescale: '1ns/1ps', cwd: folder }),
  testModule: 'test_adder',
  pythonPath: [folder],
});
