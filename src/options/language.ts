/** Which language a source is in, told by its extension, and which one the toplevel is in. */
import path from 'node:path';
import type { ResolvedSource } from './design.ts';

// Verilog and VHDL as cocotb_tools.runner has them; C++ and objects are what Verilator takes besides.
const extensions: Readonly<Record<ResolvedSource['language'], readonly string[]>> = {
  verilog: ['.v', '.sv', '.vh', '.svh'],
  vhdl: ['.vhd', '.vhdl'],
  vlt: ['.vlt'],
  cpp: ['.cpp', '.cc', '.cxx', '.c', '.o', '.a', '.so'],
};

const languages = new Map(
  (Object.keys(extensions) as ResolvedSource['language'][]).flatMap((language) =>
    extensions[language].map((extension) => [extension, language] as const),
  ),
);

/** The language of a file; undefined when its extension tells nothing. */
export function languageOf(file: string): ResolvedSource['language'] | undefined {
  return languages.get(path.extname(file));
}

/** The HDL of a design's toplevel: of a design in both that of the last source, as cocotb's runner has it; undefined when no source is HDL. */
export function toplevelLanguageOf(sources: readonly ResolvedSource[]): 'verilog' | 'vhdl' | undefined {
  const languages = sources.map(({ language }) => language);
  return languages.findLast((language) => language === 'verilog' || language === 'vhdl');
}
