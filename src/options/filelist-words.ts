/** Splits the text of a filelist into words: comments, quotes, continued lines. */

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
