/** What each option of a design has to be. */
import {
  anyText,
  checkOptions,
  duration,
  flag,
  integer,
  isRecord,
  isText,
  listOf,
  matching,
  oneOf,
  recordOf,
  text,
  whichever,
  type Check,
  type ChecksOf,
} from './check.ts';
import { simulatorNames, type DesignOptions, type Source } from './design.ts';
import { timescale } from './timescale.ts';

const identifier = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/** Passes for what a parameter or generic can be set to. */
const hdlValue: Check = matching(
  'a string, a finite number, a bigint or a boolean',
  (value) => ['string', 'bigint', 'boolean'].includes(typeof value) || Number.isFinite(value),
);

/** Parameters by name: those of the toplevel, so that a name has no dots. */
export const parameterValues: Check = recordOf(
  { pattern: identifier, expected: "names of the toplevel's parameters, such as WIDTH" },
  hdlValue,
);

/** Environment variables by name. */
export const environmentValues: Check = recordOf(
  { pattern: /^[^=\0]+$/, expected: 'names of environment variables, without =' },
  anyText,
);

/** A name of an HDL unit or library. */
export const unitName: Check = matching(
  'a name without blanks that does not begin with -',
  (value) => typeof value === 'string' && /^[^\s-]\S*$/.test(value),
);

const source = whichever(
  { when: isText, check: text },
  {
    when: isRecord,
    check: (value, at) =>
      checkOptions<Exclude<Source, string>>(
        value,
        { path: text, language: oneOf(['verilog', 'vhdl', 'vlt', 'cpp']), library: unitName },
        ['path'],
      ).map((problem) => ({ ...problem, option: `${at}.${problem.option}` })),
  },
)("a path or { path: '...', language: '...', library: '...' }");

const buildArg = whichever(
  { when: isText, check: anyText },
  {
    when: (value) => isRecord(value) && Object.keys(value).length === 1,
    check: (value, at) =>
      checkOptions<{ verilog: string; vhdl: string }>(value, { verilog: anyText, vhdl: anyText }, []).map(
        (problem) => ({ ...problem, option: `${at}.${problem.option}` }),
      ),
  },
)("a string, { verilog: '...' } or { vhdl: '...' }");

/** A check for every option of a design. */
export const designChecks: ChecksOf<DesignOptions> = {
  toplevel: unitName,
  sources: listOf(source),
  filelists: listOf(text),
  includes: listOf(text),
  defines: recordOf(
    { pattern: identifier, expected: 'names of macros' },
    whichever({ when: (value) => value === null, check: () => [] }, { when: () => true, check: hdlValue })(''),
  ),
  parameters: parameterValues,
  buildArgs: listOf(buildArg),
  library: unitName,
  simulator: oneOf(simulatorNames),
  timescale,
  waves: oneOf([true, false, 'on-failure']),
  coverage: flag,
  always: flag,
  clean: flag,
  verbose: flag,
  logFile: text,
  simBuild: text,
  cwd: text,
  env: environmentValues,
  dependencies: listOf(text),
  memoryLimit: integer(1),
  lockTimeout: duration,
  buildTimeout: duration,
  python: text,
  verilator: text,
};
