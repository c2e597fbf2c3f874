/** The smallest useful design, an up counter, with any number of short tests. */
import type { Project, ProjectTest } from '../project.ts';

const hdl = `module counter #(
    parameter int WIDTH = 8
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             enable,
    output logic [WIDTH-1:0] count
);
  always_ff @(posedge clk) begin
    if (rst) count <= '0;
    else if (enable) count <= count + 1'b1;
  end
endmodule
`;

const helper = `from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge


async def count_cycles(dut, cycles):
    dut.rst.value = 1
    dut.enable.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.enable.value = 1
    for _ in range(cycles):
        await FallingEdge(dut.clk)
    assert dut.count.value == cycles % 256
`;

/** Clock cycles of each test, the reset included. */
export const cyclesOfTest = 23;

/**
 * @param count - Number of tests.
 * @param testsPerModule - How many of them one Python module has.
 */
export function counterProject(count: number, testsPerModule: number): Project {
  const tests: ProjectTest[] = [];
  const modules = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const module = `test_counter_${String(Math.floor(index / testsPerModule)).padStart(4, '0')}`;
    const test = `counts_${index % testsPerModule}`;
    tests.push({ design: 'counter', module, test });
    const source = modules.get(module) ?? 'import cocotb\n\nfrom counting import count_cycles\n';
    modules.set(
      module,
      `${source}\n\n@cocotb.test()\nasync def ${test}(dut):\n    await count_cycles(dut, ${cyclesOfTest - 3})\n`,
    );
  }
  return {
    designs: [{ name: 'counter', toplevel: 'counter', sources: ['counter.sv'], parameters: { WIDTH: 8 } }],
    tests,
    files: {
      'counter.sv': hdl,
      'counting.py': helper,
      ...Object.fromEntries([...modules].map(([module, source]) => [`${module}.py`, source])),
    },
  };
}
