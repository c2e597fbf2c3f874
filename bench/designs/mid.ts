/** A design of many different modules, so that Verilator's C++ takes the compiler 15 to 30 s on two cores. */
import type { Project } from '../project.ts';

const testCount = 4;

/**
 * @param variants - Number of different modules.
 * @param testsPerModule - How many of the four tests one Python module has.
 */
export function midProject(variants: number, testsPerModule: number): Project {
  const tests = Array.from({ length: testCount }, (_, index) => ({
    module: `test_mid_${Math.floor(index / testsPerModule)}`,
    test: `mixes_${index}`,
  }));
  const modules = new Set(tests.map(({ module }) => module));
  return {
    designs: [{ name: 'mid', toplevel: 'mid', sources: ['units.sv', 'mid.sv'], parameters: {} }],
    tests: tests.map((test) => ({ design: 'mid', ...test })),
    files: {
      'units.sv': Array.from({ length: variants }, (_, index) => unit(index)).join('\n'),
      'mid.sv': top(variants),
      'mixing.py': helper,
      ...Object.fromEntries(
        [...modules].map((name) => [
          `${name}.py`,
          testModule(tests.filter(({ module }) => module === name).map(({ test }) => test)),
        ]),
      ),
    },
  };
}

/** A module with a state machine over registers of its own widths; no two are alike, so that none are merged. */
function unit(index: number): string {
  const width = 24 + (index % 41);
  const states = Array.from({ length: 12 }, (_, state) => {
    const turn = (index * 7 + state * 5) % (width - 3);
    return `        4'd${state}: begin
          a <= (a ^ {b[${turn}:0], b[${width - 1}:${turn + 1}]}) + ${width}'d${index * 31 + state};
          if (a[${(turn * 3) % width}]) b <= b + (a >> ${state + 1}); else b <= ~b ^ d;
          memory[a[4:0]] <= b ^ memory[b[4:0]];
          state <= (b[${turn}] ^ d[0]) ? 4'd${(state + 1) % 12} : 4'd${(state + 5) % 12};
        end`;
  });
  return `module unit_${index} (input logic clk, input logic rst, input logic [${width - 1}:0] d, output logic [${width - 1}:0] q);
  logic [${width - 1}:0] a, b;
  logic [${width - 1}:0] memory [32];
  logic [3:0] state;
  always_ff @(posedge clk) begin
    if (rst) begin
      a <= ${width}'d${index + 1};
      b <= ${width}'d${index + 3};
      state <= '0;
      for (int i = 0; i < 32; i++) memory[i] <= ${width}'d${index} ^ ${width}'(i);
    end else begin
      case (state)
${states.join('\n')}
        default: state <= '0;
      endcase
    end
  end
  assign q = a ^ b ^ memory[a[4:0]];
endmodule
`;
}

function top(variants: number): string {
  const units = Array.from({ length: variants }, (_, index) => {
    const width = 24 + (index % 41);
    return `  logic [${width - 1}:0] q_${index};
  unit_${index} u_${index} (.clk, .rst, .d(${width}'(d)), .q(q_${index}));`;
  });
  const mix = Array.from({ length: variants }, (_, index) => `64'(q_${index})`).join(' ^ ');
  return `module mid (input logic clk, input logic rst, input logic [63:0] d, output logic [63:0] q);
${units.join('\n')}
  assign q = ${mix};
endmodule
`;
}

const helper = `from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge


async def mix(dut, value):
    dut.rst.value = 1
    dut.d.value = value
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    seen = set()
    for _ in range(20):
        await FallingEdge(dut.clk)
        seen.add(int(dut.q.value))
    assert len(seen) > 10
`;

function testModule(tests: readonly string[]): string {
  const bodies = tests.map(
    (test, index) => `\n\n@cocotb.test()\nasync def ${test}(dut):\n    await mix(dut, ${(index + 1) * 0x1234567})\n`,
  );
  return `import cocotb\n\nfrom mixing import mix\n${bodies.join('')}`;
}
