/** Literals, compared with those of cocotb's runner. */
import { expect } from 'chai';
import {
  commandLineValue,
  svLiteral,
  svNumberOf,
  svString,
  svStringBytes,
  vhdlLiteral,
} from '../../src/simulators/hdl-literals.ts';
import { run, Workshop } from './harness.ts';

describe('HDL literals', () => {
  const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  const values = [
    '',
    'abc',
    'two words',
    'a"b',
    'a\\b',
    "it's",
    'line\nnext\ttab',
    everyByte,
    true,
    false,
    0,
    -7,
    1.5,
    2 ** 40,
  ];

  it('are those of as_sv_literal and as_vhdl_literal', async () => {
    const workshop = new Workshop();
    try {
      const { python } = await workshop.python();
      const script = `
import json, sys, warnings
from cocotb_tools.runner import as_sv_literal, as_vhdl_literal
warnings.simplefilter("ignore")
values = json.loads(sys.argv[1])
print(json.dumps([[as_sv_literal(v), as_vhdl_literal(v)] for v in values]))`;
      const output = await run({
        argv: [python, '-c', script, JSON.stringify(values)],
        cwd: workshop.folder,
        env: workshop.env,
      });
      const theirs = JSON.parse(output) as [string, string][];
      values.forEach((value, index) => {
        expect([svLiteral(value), vhdlLiteral(value)], JSON.stringify(value)).to.deep.equal(theirs[index]);
      });
    } finally {
      workshop.remove();
    }
  });

  it('write whole numbers beyond 2^53 in full', () => {
    expect(svLiteral(2n ** 70n)).to.equal('1180591620717411303424');
  });

  it('know the bytes of a string, with every escape of IEEE 1800, and the number that they are', () => {
    const bytes = svStringBytes('"\\"\\\\\\n\\t\\v\\f\\a\\x0Dx\\7\\101\\\nü"');
    expect(bytes?.toString('hex')).to.equal('225c0a090b0c070d780741c3bc');
    expect(svNumberOf(Buffer.from('a"b'))).to.equal("24'h612262");
    expect(svStringBytes(svString(everyByte.slice(0, 128)))?.toString('latin1')).to.equal(everyByte.slice(0, 128));
    for (const value of ['two words', "8'hff", '"a"b"', '"a\\"']) expect(svStringBytes(value)).to.equal(undefined);
  });

  it('leave a string on a command line as it is, and give a boolean what the language reads', () => {
    expect(commandLineValue("8'hff", 'verilog')).to.equal("8'hff");
    expect(commandLineValue(true, 'verilog')).to.equal("1'b1");
    expect(commandLineValue(false, 'vhdl')).to.equal('false');
    expect(commandLineValue(3, 'vhdl')).to.equal('3');
  });
});
