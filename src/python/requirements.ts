/** Reads requirement files for what decides whether an environment is up to date. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { digest } from './remembered.ts';

/**
 * Digests of requirement files by absolute path; each covers the files that it includes (`-r`, `-c`).
 *
 * @throws the file system's error for one that can't be read.
 */
export async function digestRequirements(files: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const file of files) {
    const texts = new Map<string, string>();
    await readInto(texts, path.resolve(file));
    digests[path.resolve(file)] = digest([...texts.values()]);
  }
  return digests;
}

async function readInto(texts: Map<string, string>, file: string): Promise<void> {
  if (texts.has(file)) return;
  const text = await readFile(file, 'utf8');
  texts.set(file, text);
  for (const [, nested] of text.matchAll(/^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)/gm)) {
    // One behind a URL is not ours to watch.
    if (nested !== undefined && !nested.includes('://'))
      await readInto(texts, path.resolve(path.dirname(file), nested));
  }
}
