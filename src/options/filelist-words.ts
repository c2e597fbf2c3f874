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
  let index = 0;
  while (index < content.length) {
    const rest = content.slice(index, index + 2);
    if (/^\s/.test(rest)) {
      if (rest.startsWith('\n')) line += 1;
      index += 1;
    } else if (rest === '\\\n' || rest === '\\\r') {
      index += 1;
    } else if (rest === '//' || rest.startsWith('#')) {
      index = endOf(content, '\n', index) - 1;
    } else if (rest === '/*') {
      const end = endOf(content, '*/', index + 2);
      line += content.slice(index, end).split('\n').length - 1;
      index = end;
    } else {
      const { text, length } = readWord(content, index);
      words.push({ text, line });
      line += content.slice(index, index + length).split('\n').length - 1;
      index += length;
    }
  }
  return words;
}

/** Index after the next `mark`, or one after the end when there is none. */
function endOf(content: string, mark: string, from: number): number {
  const found = content.indexOf(mark, from);
  return found < 0 ? content.length + 1 : found + mark.length;
}

function readWord(content: string, start: number): { readonly text: string; readonly length: number } {
  let text = '';
  let isQuoted = false;
  let index = start;
  for (; index < content.length; index += 1) {
    const letter = content.charAt(index);
    const following = content.charAt(index + 1);
    if (letter === '\\' && following === '"') {
      text += following;
      index += 1;
    } else if (letter === '"') {
      isQuoted = !isQuoted;
    } else if (letter === '\\' && (following === '\n' || following === '\r')) {
      break;
    } else if (!isQuoted && /\s/.test(letter)) {
      break;
    } else {
      text += letter;
    }
  }
  return { text, length: index - start };
}
