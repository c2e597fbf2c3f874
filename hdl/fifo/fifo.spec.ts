import { defineDesign, describeCocotb } from 'mocha-cocotb';

const folder = import.meta.dirname;

// One source with an included header, built twice with other defines: two builds, no interference.
for (const depth of [8, 16]) {
  const fifo = defineDesign({
    toplevel: 'fifo',
    sources: ['fifo.sv'],
    includes: ['.'],
    defines: { FIFO_DEPTH: depth, FIFO_WIDTH: 16 },
    timescale: '1ns/1ps',
    cwd: folder,
  });

  describeCocotb(`fifo of depth ${depth}`, {
    design: fifo,
    testModule: 'test_fifo',
    pythonPath: [folder],
    extraEnv: { FIFO_DEPTH: String(depth) },
  });
}
