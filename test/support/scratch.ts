/** A scratch folder with files in it, for one test. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Scratch extends Disposable {
  readonly folder: string;
  readonly path: (name: string) => string;
}

/** Makes the folder with these files; it is removed at the end of the block that holds it with `using`. */
export function scratch(files: Readonly<Record<string, string>>): Scratch {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'mocha-cocotb-')));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return {
    folder,
    path: (name) => path.join(folder, name),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
