/** Reads what the tools say of the files that they read. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { CompilePlan } from '../simulators/simulator.ts';

/**
 * Absolute paths of the files that the tools read, but for those of the compile's own making.
 *
 * @param staging - The compile's folder; make runs in it, so relative paths may mean it.
 * @param cwd - The design's folder, which the other relative paths mean.
 */
export function readDependencies(plan: CompilePlan, staging: string, cwd: string): readonly string[] {
  const files = new Set<string>();
  for (const { path: file, format } of plan.dependencyFiles) {
    const text = readOptional(path.join(staging, file));
    const names = format === 'make' ? parseMakeRules(text) : text.split(/\r?\n/);
    for (const name of names) {
      if (name === '') continue;
      const inStaging = path.resolve(staging, path.dirname(file), name);
      if (inStaging.startsWith(`${staging}/`) && existsSync(inStaging)) continue;
      const found = [path.resolve(cwd, name), inStaging, path.resolve(staging, name)].find((place) =>
        existsSync(place),
      );
      if (found !== undefined && !found.startsWith(`${staging}/`)) files.add(found);
    }
  }
  return [...files];
}

/** The prerequisites of all rules of a makefile that a compiler wrote. */
export function parseMakeRules(text: string): readonly string[] {
  const names: string[] = [];
  for (const rule of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const colon = /:(?=\s|$)/.exec(rule);
    if (colon === null) continue;
    for (const [word] of rule.slice(colon.index + 1).matchAll(/(?:\\[\s\S]|[^\s\\])+/g)) {
      names.push(word.replace(/\\([ #\\:])/g, '$1').replaceAll('$$', '$'));
    }
  }
  return names;
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
