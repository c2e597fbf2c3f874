/** Makes dist/: JavaScript in few files, because a start of mocha pays for each that it loads, and the types of each module. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

// What a start of mocha or a first simulation loads of others goes into the bundle (execa is 150 files), all else stays a dependency.
const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const bundled = ['execa', 'p-limit'];
const external = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !bundled.includes(name));
// For the CommonJS modules that they have brought along.
const banner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['fixtures/index.ts', 'fixtures/register.ts', 'src/cli/main.ts', 'src/simulation/discover-main.ts'],
  outbase: '.',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external,
  banner: { js: banner },
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
});
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
chmodSync('dist/src/cli/main.js', 0o755);
