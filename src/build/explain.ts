/** Says which input made a build necessary. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Digests } from './digests.ts';
import type { Layout } from './layout.ts';
import { readManifest, type Manifest } from './manifest.ts';

/** One input that differs between two builds. */
export interface Difference {
  readonly kind: 'file' | 'option' | 'place';
  readonly name: string;
  readonly change: 'changed' | 'added' | 'removed';
  /** What differs, for people; empty for contents of files. */
  readonly detail: string;
}

/** What a build is made of, of which some parts may not be known. */
export type Ingredients = Pick<Manifest, 'facts' | 'files' | 'recorded'>;

export interface Explanation {
  /** The nearest earlier build; undefined when there is none of that toplevel. */
  readonly nearest: Manifest | undefined;
  readonly differences: readonly Difference[];
}

/** All published builds, newest first. */
export function listManifests(layout: Layout): readonly Manifest[] {
  let names: string[];
  try {
    names = readdirSync(layout.builds);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => readManifest(path.join(layout.builds, name)) ?? [])
    .sort((a, b) => (a.published < b.published ? 1 : -1));
}

/** Why something is not the same as the builds before it: the difference to the one with the fewest, the latest of these. */
export function explain(made: Ingredients, earlier: readonly Manifest[]): Explanation {
  let best: Explanation = { nearest: undefined, differences: [] };
  for (const candidate of earlier) {
    const differences = compareIngredients(candidate, made);
    if (best.nearest === undefined || differences.length < best.differences.length) {
      best = { nearest: candidate, differences };
    }
  }
  return best;
}

/** Every input that differs. Command lines only say what options and tools have not said already. */
export function compareIngredients(before: Ingredients, after: Ingredients): readonly Difference[] {
  const options = compareRecords('option', before.facts, after.facts);
  const named = options.filter(({ name }) => !isCommand(name));
  return [
    ...compareRecords('file', before.files, after.files),
    ...(named.length > 0 ? named : options),
    ...compareRecords('place', before.recorded, after.recorded),
  ];
}

/** The files of a build as they are now, where the names in its manifest are relative to. */
export async function readFilesNow(
  manifest: Manifest,
  pathOf: (name: string) => string,
  layout: Layout,
): Promise<Record<string, string>> {
  const names = Object.keys(manifest.files);
  const digests = await new Digests(layout, manifest.cwd).of(names.map(pathOf));
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const digest = digests[index];
      return digest === undefined ? [] : [[name, digest]];
    }),
  );
}

function compareRecords(
  kind: Difference['kind'],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): Difference[] => {
    const [old, now] = [before[name], after[name]];
    if (old === now) return [];
    if (old === undefined) return [{ kind, name, change: 'added', detail: kind === 'file' ? '' : (now ?? '') }];
    if (now === undefined) return [{ kind, name, change: 'removed', detail: kind === 'file' ? '' : old }];
    return [{ kind, name, change: 'changed', detail: kind === 'file' ? '' : describeChange(old, now) }];
  });
}

/** Lists are compared by line. */
function describeChange(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length <= 1 && now.length <= 1) return `from ${before || 'nothing'} to ${after || 'nothing'}`;
  const [was, is] = [new Set(old), new Set(now)];
  const lines = [
    ...old.filter((line) => !is.has(line)).map((line) => `-${line}`),
    ...now.filter((line) => !was.has(line)).map((line) => `+${line}`),
  ];
  return lines.length === 0 ? 'another order' : lines.join(', ');
}

function isCommand(name: string): boolean {
  return /^(command \d+|file )/.test(name);
}
