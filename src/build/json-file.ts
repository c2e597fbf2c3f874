/** Small JSON records that may be lost but are never seen half-written. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The record, or undefined when there is none that can be read. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Writes a record whole: beside its place, then by one rename. The folder is made if it is missing. */
export function writeJsonFile(file: string, value: unknown): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(temporary, JSON.stringify(value));
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a record whose loss costs time alone: a full disk or a folder that may not be written is no error. */
export function rememberJson(file: string, value: unknown): void {
  try {
    writeJsonFile(file, value);
  } catch {
    // The next run finds out again.
  }
}
