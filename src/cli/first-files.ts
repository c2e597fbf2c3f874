/** The first spec and the first cocotb test of a design. */
import path from 'node:path';
import type { DesignFile } from './design-file.ts';

/** A spec that runs every cocotb test of the design; valid as JavaScript and as TypeScript. */
export function firstSpec({ file, toplevel }: DesignFile): string {
  const folder = path.dirname(file);
  return `import { defineDesign, describeCocotb } from 'mocha-cocotb';

const ${identifier(toplevel)} = defineDesign({ toplevel: '${toplevel}', sources: ['${file}'] });

// Every @cocotb.test in test_${toplevel}.py becomes a mocha test.
describeCocotb('${toplevel}', { design: ${identifier(toplevel)}, testModule: 'test_${toplevel}', pythonPath: ['${folder}'] });
`;
}

/** A cocotb test that passes when the design can be simulated at all. */
export function firstCocotbTest({ toplevel, clock }: DesignFile): string {
  const head = `"""cocotb tests of ${toplevel}."""\n\nimport cocotb\n`;
  if (clock === undefined) {
    return `${head}from cocotb.triggers import Timer


@cocotb.test()
async def starts(dut):
    """Some time passes without an error: replace this by what the design is to do."""
    await Timer(100, "ns")
`;
  }
  return `${head}from cocotb.clock import Clock
from cocotb.triggers import ClockCycles


@cocotb.test()
async def starts(dut):
    """Some clocks pass without an error: replace this by what the design is to do."""
    Clock(dut.${clock}, 10, "ns").start()
    await ClockCycles(dut.${clock}, 10)
`;
}

/** HDL names with a dollar sign are JavaScript names, too; JavaScript's own words are not. */
function identifier(name: string): string {
  return /^(default|new|delete|switch|case|class|function|in|do|if|for|while|with|this|void|var|let|const|try)$/.test(
    name,
  )
    ? `${name}_`
    : name;
}
