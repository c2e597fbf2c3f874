/** Writes values as literals of SystemVerilog and VHDL, as cocotb_tools.runner's as_sv_literal and as_vhdl_literal do. */
import type { HdlValue } from '../options/design.ts';

/**
 * A SystemVerilog literal: a quoted and escaped string, `1'b1` or `1'b0` for a boolean, the digits of a number.
 * Parameters and defines are passed literally, so a string parameter is `svLiteral('abc')`.
 */
export function svLiteral(value: HdlValue): string {
  if (typeof value === 'boolean') return value ? "1'b1" : "1'b0";
  return typeof value === 'string' ? svString(value) : String(value);
}

/** A quoted SystemVerilog string with the escapes of IEEE 1800-2017 5.9.1. */
export function svString(value: string): string {
  return `"${value.replace(/[\0-\x1f\\"\xff]/g, escapeForSv)}"`;
}

/** A VHDL literal: a quoted string in which a quote is written twice, `true` or `false`, the digits of a number. */
export function vhdlLiteral(value: HdlValue): string {
  return typeof value === 'string' ? vhdlString(value) : String(value);
}

/** A quoted VHDL string. */
export function vhdlString(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

/**
 * The text that a parameter or define gets on a command line: strings literally, as with cocotb's runner. A boolean is a literal of the language,
 * where the runner writes Python's `True`, which no HDL reads.
 */
export function commandLineValue(value: HdlValue, language: 'verilog' | 'vhdl'): string {
  if (typeof value === 'string') return value;
  return language === 'vhdl' ? vhdlLiteral(value) : svLiteral(value);
}

const named: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\v': '\\v',
  '\f': '\\f',
  '\\': '\\\\',
  '"': '\\"',
  '\xff': '\\xFF',
};

function escapeForSv(letter: string): string {
  return named[letter] ?? `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
