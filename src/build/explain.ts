/** Says which input made a build necessary. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Digests } from './digests.ts';
import type { Layout } from './layout.ts';
import { findExisting } from './search-path.ts';
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
function compareIngredients(before: Ingredients, after: Ingredients): readonly Difference[] {
  const options = compareRecords('option', before.facts, after.facts);
  const named = options.filter(({ name }) => !isCommand(name));
  return [
    ...compareRecords('file', before.files, after.files),
    ...(named.length > 0 ? named : options),
    ...compareRecords('place', before.recorded, after.recorded),
  ];
}

/**
 * What has changed in the files of a build since it was made: contents, and files that would be found earlier on a search path.
 *
 * @param pathOf - Where a name is. @defaultValue in the folder where the build was made; files of tools are left out
 */
export async function explainNow(
  manifest: Manifest,
  layout: Layout,
  pathOf: (name: string) => string | undefined = (name) =>
    name.startsWith('$') ? undefined : path.resolve(manifest.cwd, name),
): Promise<readonly Difference[]> {
  const places = Object.keys(manifest.files).flatMap((name) => {
    const file = pathOf(name);
    return file === undefined ? [] : [{ name, file }];
  });
  const digests = await new Digests(layout, manifest.cwd).of(places.map(({ file }) => file));
  const changed = places.flatMap(({ name }, index): Difference[] => {
    const digest = digests[index];
    if (digest === manifest.files[name]) return [];
    return [{ kind: 'file', name, change: digest === undefined ? 'removed' : 'changed', detail: '' }];
  });
  const searched = Object.entries(manifest.absent).flatMap(([folder, names]) => {
    const place = pathOf(folder);
    return place === undefined ? [] : [[place, names] as const];
  });
  const added = findExisting(Object.fromEntries(searched)).map((name): Difference => ({
    kind: 'file',
    name,
    change: 'added',
    detail: 'now found earlier on a search path',
  }));
  return [...changed, ...added];
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
