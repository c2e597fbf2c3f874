/** Values as lines of text, for two processes of this package and one version of Node. */
import { createRequire } from 'node:module';
import type * as V8 from 'node:v8';

/** A value as one line without its end. All that structuredClone takes, more than JSON does: Infinity, bigint, undefined. */
export function toLine(value: unknown): string {
  return v8().serialize(value).toString('base64');
}

/** The value of a line. */
export function fromLine(line: string): unknown {
  return v8().deserialize(Buffer.from(line, 'base64'));
}

/** Loaded at the first use, so that no start of mocha pays for it that asks nothing. */
function v8(): typeof V8 {
  return createRequire(import.meta.url)('node:v8') as typeof V8;
}
