import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

// rom.sv opens rom.hex, which is found beside it, and is an input of the build: change it and the next run compiles.
describeCocotb('rom', {
  design: defineDesign({ toplevel: 'rom', sources: ['rom.sv'], timescale: '1ns/1ps', cwd: folder }),
  testModule: 'test_rom',
  pythonPath: [folder],
});
