import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

// rom.sv names its memory image relative to the simulation's working folder.
describeCocotb('rom', {
  design: defineDesign({ toplevel: 'rom', sources: ['rom.sv'], timescale: '1ns/1ps', cwd: folder }),
  testModule: 'test_rom',
  pythonPath: [folder],
  testDir: folder,
});
