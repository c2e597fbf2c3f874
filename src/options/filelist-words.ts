/** The words of a filelist: comments, quotes, continued lines, variables. */
import type { Variables } from './variables.ts';

export interface FilelistWord {
  readonly text: string;
  /** Line it begins on, from 1. */
  readonly line: number;
}

/**
 * The words of a filelist. `//` and `#` begin a comment where a word could begin (so that `a//b.v` and `rtl/*.v` are words), `/*` likewise;
 * double quotes keep blanks together, a backslash before a quote makes it a character, one at a line's end continues the line.
 */
export function splitFilelist(content: string): readonly FilelistWord[] {
  const words: FilelistWord[] = [];
  let line = 1;
  for (const [piece, word] of content.matchAll(pieces)) {
    if (word !== undefined) words.push({ text: word.includes('"') ? unquote(word) : word, line });
    line += countLines(piece);
  }
  return words;
}

/** A word with the values of $X, ${X} and $(X) in it; nothing for one that isn't set, which is reported. */
export function expandVariables(word: string, variables: Variables, report: (name: string) => void): string {
  if (!word.includes('$')) return word;
  return word.replace(
    /\$(?:\{(\w+)\}|\((\w+)\)|([A-Za-z_]\w*))/g,
    (_, braced?: string, bracketed?: string, bare?: string) => {
      const name = braced ?? bracketed ?? bare ?? '';
      const value = variables[name];
      if (value === undefined) report(name);
      return value ?? '';
    },
  );
}

// What can stand in a list, one after the other: blanks, a continued line, comments, and words, of which a part can be quoted.
const pieces = /\s+|\\\r?\n|(?:\/\/|#)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|((?:\\"|"(?:\\"|[^"])*"?|\\(?!\r?\n)|[^\s"\\])+)/gy;

function unquote(word: string): string {
  return word.replace(/\\"|"/g, (quote) => (quote === '"' ? '' : '"'));
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
