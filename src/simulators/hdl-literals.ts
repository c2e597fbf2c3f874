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

/** A SystemVerilog string, from quote to quote. */
const svStringLiteral = /^"((?:[^"\\]|\\[^])*)"$/;

/** Whether a value that begins as a SystemVerilog string ends as one, with every quote in it escaped. */
export function isWholeLiteral(value: string): boolean {
  return !value.startsWith('"') || svStringLiteral.test(value);
}

/** The bytes that a SystemVerilog string stands for, its escapes carried out; undefined for any other value. */
export function svStringBytes(value: string): Buffer | undefined {
  const [, text] = svStringLiteral.exec(value) ?? [];
  const parts = text?.match(/\\x[\da-f]{1,2}|\\[0-7]{1,3}|\\[^]|[^\\]+/gi) ?? [];
  const bytes = parts.map((part) => (part.startsWith('\\') ? unescapeSv(part.slice(1)) : Buffer.from(part)));
  return text === undefined ? undefined : Buffer.concat(bytes);
}

/** The number that a string of these bytes, at least one, is to SystemVerilog (IEEE 1800-2017 5.9). */
export function svNumberOf(bytes: Buffer): string {
  return `${bytes.length * 8}'h${bytes.toString('hex')}`;
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

const unnamed: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  v: '\v',
  f: '\f',
  a: '\x07',
  // A line break after a backslash continues the string.
  '\n': '',
};

function unescapeSv(escape: string): Buffer {
  if (/^x./i.test(escape)) return Buffer.of(Number.parseInt(escape.slice(1), 16));
  if (/^[0-7]/.test(escape)) return Buffer.of(Number.parseInt(escape, 8) & 0xff);
  return Buffer.from(unnamed[escape] ?? escape);
}
