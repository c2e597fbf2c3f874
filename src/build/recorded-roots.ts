/** Whether a compile's products name the folders that they were made in. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { logName } from './layout.ts';
import type { PathRoots } from './path-roots.ts';

/** Names of the roots whose absolute path stands in a file of the folder. A log that names them matters to nobody. */
export function findRecordedRoots(folder: string, roots: PathRoots): readonly string[] {
  const sought = new Map(roots.list.map(({ name, folder: root }) => [name, Buffer.from(root)]));
  const recorded = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name === logName) continue;
    const content = readFileSync(path.join(entry.parentPath, entry.name));
    for (const [name, root] of sought) if (!recorded.has(name) && content.includes(root)) recorded.add(name);
  }
  return [...recorded].sort();
}
