/** Driver: `check-build.ts FOLDER FILES` builds the design that check.ts wrote, and says how long that took. */
import { ensureBuild } from '../src/build/build.ts';
import { resolveDesign } from '../src/options/resolve-design.ts';
import { readVariables } from '../src/options/variables.ts';

const [cwd = '.', files = '0'] = process.argv.slice(2);
const sources = Array.from({ length: Number(files) }, (_, index) => `part${index % 50}/m${index}.v`);
const start = performance.now();
const design = resolveDesign(
  { toplevel: 'top', sources: ['top.v', ...sources], includes: ['include'], cwd, simulator: 'icarus' },
  readVariables(),
);
const resolved = performance.now();
const { compiled } = await ensureBuild(design);
console.log(JSON.stringify({ resolve: resolved - start, ensure: performance.now() - resolved, compiled }));
