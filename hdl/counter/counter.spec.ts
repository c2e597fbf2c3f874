import { defineDesign, describeCocotb, useHdl } from 'mocha-cocotb';
import assert from 'node:assert/strict';

const folder = import.meta.dirname;

const counter = defineDesign({
  toplevel: 'counter',
  sources: ['counter.sv'],
  parameters: { WIDTH: 8 },
  timescale: '1ns/1ps',
  cwd: folder,
});

// Every @cocotb.test in test_counter.py becomes a mocha test.
describeCocotb('counter', { design: counter, testModule: 'test_counter', pythonPath: [folder] });

// Another parameter is another build; both are kept.
const narrow = defineDesign({ ...counter.options, parameters: { WIDTH: 4 } });

describe('counter of 4 bits, by hand', () => {
  const hdl = useHdl(narrow);

  it('wraps after 16 cycles', async () => {
    const result = await hdl.run({ testModule: 'test_counter', testcase: 'wraps', pythonPath: [folder] });
    assert.equal(result.tests.length, 1);
    assert.ok((result.tests[0]?.simTime ?? 0) < 250, 'a narrow counter wraps early');
  });
});
