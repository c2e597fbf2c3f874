/** A design that says which values reached it, and a cocotb test that lets it. */
import { svString } from '../../src/simulators/hdl-literals.ts';
import type { Workshop } from './harness.ts';

const valuesSource = `
\`include "limits.svh"
module values #(
    parameter NUMBER = 1,
    parameter TEXT = "none",
    parameter [7:0] SIZED = 8'h00,
    parameter [0:0] FLAG = 0
) (input logic clk);
    int depth;
    initial begin
        $display("NUMBER=%0d", NUMBER);
        $display("TEXT=<%0s>", TEXT);
        $display("SIZED=%h", SIZED);
        $display("FLAG=%b", FLAG);
\`ifdef BARE
        $display("BARE defined");
\`endif
\`ifdef ABSENT
        $display("ABSENT defined");
\`endif
        $display("COUNT=%0d", \`COUNT);
        $display("NAME=<%0s>", \`NAME);
        $display("LIMIT=%0d", \`LIMIT);
        if ($value$plusargs("depth=%d", depth)) $display("depth=%0d", depth);
        if ($test$plusargs("fast")) $display("fast");
    end
    always @(posedge clk) ;
endmodule
`;

const valuesHeader = '`define LIMIT 99\n';

export const valuesTest = `
import cocotb
from cocotb.triggers import Timer

@cocotb.test()
async def shows(dut):
    await Timer(1, "ns")
`;

/** Options that give each value, for both simulators. */
export const valuesOptions = {
  toplevel: 'values',
  sources: ['values.sv'],
  includes: ['inc dir'],
  defines: { BARE: null, ABSENT: false, COUNT: 12, NAME: '"a b"' },
  parameters: { NUMBER: 42, TEXT: '"two words"', SIZED: "8'ha5", FLAG: true },
  timescale: '1ns/1ps',
} as const;

/** The lines that tell the values. */
export function shownValues(output: string): readonly string[] {
  return output
    .split(/\r?\n/)
    .filter((line) => /^(NUMBER|TEXT|SIZED|FLAG|BARE|ABSENT|COUNT|NAME|LIMIT|depth|fast)\b/.test(line));
}

export const expectedValues = [
  'NUMBER=42',
  'TEXT=<two words>',
  'SIZED=a5',
  'FLAG=1',
  'BARE defined',
  'COUNT=12',
  'NAME=<a b>',
  'LIMIT=99',
  'depth=9',
  'fast',
];

/** Writes the design and its test, `py/test_values.py`. */
export function writeValues(workshop: Workshop): void {
  workshop.write('values.sv', valuesSource);
  workshop.write('inc dir/limits.svh', valuesHeader);
  workshop.write('py/test_values.py', valuesTest);
}

/** Strings that a parameter may have, with what a tool may take for something else. */
const strings = [
  'two words',
  'q"uote',
  'back\\slash',
  'last\\',
  'line\nnext',
  'tab\t',
  "$HOME's; &|",
  '%d',
  'ü',
  '\x01\v\f\x7f',
  '\r',
];

/** Options of a design that shows the width and the bytes of a parameter for each of the strings, and of one that is declared a string. */
export const stringsOptions = {
  toplevel: 'strings',
  sources: ['strings.sv'],
  parameters: Object.fromEntries([...strings, strings[1] ?? ''].map((text, index) => [`S${index}`, svString(text)])),
};

/** What it shows. */
export const expectedStrings = strings.map((text, index) => {
  const bytes = Buffer.from(text);
  return `S${index} ${bytes.length * 8} ${bytes.toString('hex')}`;
});

/** The lines that tell the strings, and the declared one. */
export function shownStrings(output: string): {
  readonly bytes: readonly string[];
  readonly declared: string | undefined;
} {
  return { bytes: output.match(/^S\d+ \d+ \S+$/gm) ?? [], declared: /^declared (.*)$/m.exec(output)?.[1] };
}

/** Writes that design; its test is that of the values. */
export function writeStrings(workshop: Workshop): void {
  const declared = `S${strings.length}`;
  workshop.write(
    'strings.sv',
    `module strings #(
    ${strings.map((_, index) => `parameter S${index} = "none",`).join('\n    ')}
    parameter
\`ifdef VERILATOR // Icarus 11 has no parameters of this type.
    string
\`endif
    ${declared} = "none"
) (input logic clk);
    initial begin
        ${strings.map((_, index) => `$display("S${index} %0d %h", $bits(S${index}), S${index});`).join('\n        ')}
        $display("declared %s", ${declared});
    end
endmodule
`,
  );
}
