/** Whether a compile's products name the folders that they were made in. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { logName } from './layout.ts';
import type { Places } from './places.ts';

/** Names of the places whose absolute path stands in a file of the folder. A log that names them matters to nobody. */
export function findRecordedPlaces(folder: string, places: Places): readonly string[] {
  const sought = new Map(places.list.map(({ name, folder: place }) => [name, Buffer.from(place)]));
  const recorded = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name === logName) continue;
    const content = readFileSync(path.join(entry.parentPath, entry.name));
    for (const [name, place] of sought) if (!recorded.has(name) && content.includes(place)) recorded.add(name);
  }
  return [...recorded].sort();
}
