/** Which language a source is in, told by its extension. */
import path from 'node:path';
import type { ResolvedSource } from './design.ts';

// Verilog and VHDL as cocotb_tools.runner has them; C++ and objects are what Verilator takes besides.
const extensions: Readonly<Record<ResolvedSource['language'], readonly string[]>> = {
  verilog: ['.v', '.sv', '.vh', '.svh'],
  vhdl: ['.vhd', '.vhdl'],
  vlt: ['.vlt'],
  cpp: ['.cpp', '.cc', '.cxx', '.c', '.o', '.a', '.so'],
};

/** The language of a file; undefined when its extension tells nothing. */
export function languageOf(file: string): ResolvedSource['language'] | undefined {
  const extension = path.extname(file);
  const languages = Object.keys(extensions) as ResolvedSource['language'][];
  return languages.find((language) => extensions[language].includes(extension));
}
