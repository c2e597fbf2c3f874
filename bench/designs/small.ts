/** Small designs that differ from one another, each with one test: what a repository of building blocks looks like. */
import type { Project } from '../project.ts';

const steps = [
  'state <= {state[W-2:0], state[W-1] ^ d[0]};',
  'state <= state + d;',
  'state <= state ^ (d << 1);',
  'state <= (state >> 1) ^ ({W{state[0]}} & d);',
  'state <= d[0] ? ~state : state - d;',
];

/** @param count - Number of designs. */
export function smallProject(count: number): Project {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const nameOf = (index: number): string => `block_${String(index).padStart(2, '0')}`;
  return {
    designs: numbers.map((index) => ({
      name: nameOf(index),
      toplevel: nameOf(index),
      sources: [`${nameOf(index)}.sv`],
      parameters: { W: 8 + index },
    })),
    tests: numbers.map((index) => ({ design: nameOf(index), module: `test_${nameOf(index)}`, test: 'leaves_reset' })),
    files: Object.fromEntries(
      numbers.flatMap((index) => [
        [`${nameOf(index)}.sv`, hdlOf(nameOf(index), index)],
        [`test_${nameOf(index)}.py`, test],
      ]),
    ),
  };
}

function hdlOf(name: string, index: number): string {
  const stages = Array.from({ length: 1 + (index % 4) }, (_, stage) => stage);
  return `module ${name} #(
    parameter int W = 8
) (
    input  logic         clk,
    input  logic         rst,
    input  logic [W-1:0] d,
    output logic [W-1:0] q
);
  logic [W-1:0] state;
  always_ff @(posedge clk) begin
    if (rst) state <= '0;
    else ${steps[index % steps.length]}
  end
${stages.map((stage) => `  logic [W-1:0] stage_${stage};\n  always_ff @(posedge clk) stage_${stage} <= ${stage === 0 ? 'state' : `stage_${stage - 1}`};`).join('\n')}
  assign q = stage_${stages.length - 1};
endmodule
`;
}

const test = `import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge


@cocotb.test()
async def leaves_reset(dut):
    dut.rst.value = 1
    dut.d.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 8)
    await FallingEdge(dut.clk)
    assert dut.q.value == 0
    dut.rst.value = 0
    await ClockCycles(dut.clk, 20)
`;
