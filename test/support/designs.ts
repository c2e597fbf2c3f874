/** A small design and its cocotb tests, for projects in scratch folders. */

/** Counts up at each rising edge; `waves` on Icarus and parameters work as in any design. */
export const counterSv = `module counter #(parameter WIDTH = 8) (input clk, output reg [WIDTH-1:0] count);
  initial count = 0;
  always @(posedge clk) count <= count + 1;
endmodule
`;

/** A Python module with these tests; each is a name and the lines of its body, or a whole definition. */
export function cocotbModule(tests: Readonly<Record<string, string>>, head = ''): string {
  const definitions = Object.entries(tests).map(
    ([name, body]) => `@cocotb.test()\nasync def ${name}(dut):\n${indent(body)}\n`,
  );
  return `import cocotb\nfrom cocotb.triggers import Timer\n${head}\n\n${definitions.join('\n\n')}`;
}

/** Lines for a test that takes ms of wall time. */
export function takes(ms: number): string {
  return `import time\ntime.sleep(${ms / 1000})`;
}

/** Lines for a test that passes. */
export const passes = 'await Timer(1, "ns")';

/** Lines of a test that never ends by itself, and says when it has begun. */
export const neverEnds = `import time
dut._log.info("it has begun")
while True:
    time.sleep(0.01)
    await Timer(1, "ns")`;

/** Lines of a test that never lets the simulator go on, so that it hears of nothing. */
export const neverYields = `import time
dut._log.info("it has begun")
time.sleep(1000)`;

/** A spec in JavaScript with one suite for a Python module, on Icarus unless told otherwise. */
export function specOf(title: string, testModule: string, options: SpecOptions = {}): string {
  const { design = '', more = '', simulator = 'icarus' } = options;
  return `import { describeCocotb } from 'mocha-cocotb';
describeCocotb(${JSON.stringify(title)}, {
  design: { toplevel: 'counter', sources: ['counter.sv'], simulator: '${simulator}', ${design} },
  testModule: '${testModule}',
  pythonPath: ['.'],
  ${more}
});
`;
}

export interface SpecOptions {
  /** More options of the design, as source text. */
  readonly design?: string;
  /** More options of the simulations, as source text. */
  readonly more?: string;
  readonly simulator?: 'icarus' | 'verilator';
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
