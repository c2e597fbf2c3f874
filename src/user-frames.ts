/** Which frames of a call stack are the user's own. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-folder.ts';

/** A frame as V8 writes it, and the file that it is in. */
export interface UserFrame {
  readonly line: string;
  /** Absolute. */
  readonly file: string;
}

/** The frames of a stack that are neither this package's, nor an installed one's (mocha), nor node's; innermost first. */
export function userFrames(stack: string): readonly UserFrame[] {
  const root = packageRoot();
  // In a checkout, the tests and examples beside the library are as good as a user's.
  const own = root === undefined ? [] : ['dist', 'fixtures', 'src'].map((folder) => path.join(root, folder) + path.sep);
  return stack.split('\n').flatMap((line) => {
    const place = /^\s+at (?:.*[( ])?((?:file:\/\/)?\/[^()]*?):\d+:\d+\)?$/.exec(line)?.[1];
    if (place === undefined) return [];
    const file = place.startsWith('file:') ? fileURLToPath(place) : place;
    const isUsers = !file.includes('/node_modules/') && !own.some((folder) => file.startsWith(folder));
    return isUsers ? [{ line, file }] : [];
  });
}
