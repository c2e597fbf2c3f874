/** Finds the lines of a compile log that say what is wrong. */

/** Lines that say what follows belongs to the message above: indented, or Verilator's and GCC's continuation marks. */
const continuation = /^\s|^\.\.\.|^In file included/;

/** Most lines worth showing. */
const limit = 60;

/**
 * The messages that match the first pattern that matches any, each with the lines that belong to it; the log's end when none does.
 *
 * @param patterns - In the order of importance.
 */
export function pickLines(log: string, patterns: readonly RegExp[]): string {
  const lines = log.split(/\r?\n/);
  const pattern = patterns.find((candidate) => lines.some((line) => candidate.test(line)));
  if (pattern === undefined) return lines.slice(-limit).join('\n').trim();
  const picked: string[] = [];
  let belongs = false;
  for (const line of lines) {
    belongs = pattern.test(line) || (belongs && continuation.test(line));
    if (belongs) picked.push(line);
  }
  const rest = picked.length - limit;
  return [...picked.slice(0, limit), ...(rest > 0 ? [`... ${rest} more lines`] : [])].join('\n').trim();
}
