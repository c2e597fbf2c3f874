/** The markers of a CallOnce: what is written into `.done` and `.failed`, and how it is read back. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { inspect } from 'node:util';
import { errorCode, isGone } from '../filesystem/lock-file-system.ts';
import type { HolderRecord } from './holder.ts';

/** What JSON can hold: the values that a CallOnce can pass on. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Format of the markers. One of another version says nothing: fn runs again. */
const VERSION = 1;

interface MarkerHead {
  /** Names this outcome. */
  readonly id: string;
  /** The run in which it came about. */
  readonly run: string | undefined;
  /** Host and pid that ran fn. */
  readonly ranOn: string;
}

export interface RecordedError {
  /** undefined when something that isn't an error was thrown. */
  readonly name: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Marker = MarkerHead &
  ({ readonly state: 'done'; readonly value: unknown } | { readonly state: 'failed'; readonly error: RecordedError });

/** The text of a done marker. @throws TypeError when JSON can't say the value. */
export function formatValue(value: unknown, run: string | undefined, ranBy: HolderRecord): string {
  const json = value === undefined ? 'null' : toJson(value);
  if (json === undefined) {
    const shown = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 100, maxArrayLength: 10 });
    throw new TypeError(`its value can't be kept, for it isn't JSON: ${shown}`);
  }
  return JSON.stringify({ ...head(run, ranBy), state: 'done', value: JSON.parse(json) as unknown });
}

/** The text of a failed marker; anything can be thrown. */
export function formatFailure(thrown: unknown, run: string | undefined, ranBy: HolderRecord): string {
  return JSON.stringify({ ...head(run, ranBy), state: 'failed', error: recordError(thrown) });
}

/** Longest marker that is read in one piece, bytes. */
const CHUNK = 64 * 1024;

/** Reads a marker; undefined when it isn't there or isn't a whole marker of this version. Three file operations: open, read, close. */
export async function readMarker(file: string): Promise<Marker | undefined> {
  let text: string;
  try {
    const handle = await fs.open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, 0);
      text = bytesRead < CHUNK ? buffer.toString('utf8', 0, bytesRead) : await fs.readFile(file, 'utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A folder in a marker's place is no marker, either.
    if (isGone(error) || errorCode(error) === 'EISDIR') return undefined;
    throw error;
  }
  try {
    return parseMarker(text);
  } catch {
    return undefined;
  }
}

/** @throws when the text isn't a marker of this version. */
export function parseMarker(text: string): Marker {
  const marker: unknown = JSON.parse(text);
  if (typeof marker !== 'object' || marker === null || !('version' in marker) || marker.version !== VERSION)
    throw new TypeError(`not a marker of version ${VERSION}`);
  return marker as unknown as Marker;
}

function head(run: string | undefined, ranBy: HolderRecord): MarkerHead & { version: number; at: string } {
  return {
    version: VERSION,
    id: randomBytes(8).toString('hex'),
    run,
    ranOn: `${ranBy.hostname ?? '?'} pid ${ranBy.pid ?? '?'}`,
    at: new Date().toISOString(),
  };
}

function recordError(thrown: unknown): RecordedError {
  if (!(thrown instanceof Error)) return { name: undefined, message: describe(thrown), stack: undefined, fields: {} };
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(thrown)) {
    if (name !== 'name' && name !== 'message' && name !== 'stack' && toJson(value) !== undefined) fields[name] = value;
  }
  return { name: thrown.name, message: thrown.message, stack: thrown.stack, fields };
}

function describe(thrown: unknown): string {
  try {
    // Strings and symbols speak for themselves; JSON gives undefined for what it can't say.
    return typeof thrown === 'string' || typeof thrown === 'symbol'
      ? String(thrown)
      : (JSON.stringify(thrown) ?? typeof thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** undefined for functions, symbols, bigints, and what refers to itself. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
