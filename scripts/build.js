/** Makes dist/: JavaScript in few files, because a start of mocha pays for each that it loads, and the types of each module. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
// What a start of mocha or its first process would load of others goes into the bundle, all else stays a dependency.
const bundled = ['execa', 'p-limit'];
const external = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !bundled.includes(name));
const common = { bundle: true, outdir: 'dist', platform: 'node', format: 'esm', target: 'node20.19' };

rmSync('dist', { recursive: true, force: true });
// Execa is 150 files, and CommonJS modules among them want a require(). Built with all else, it would give that to every chunk.
await build({
  ...common,
  entryPoints: { 'chunks/execa': 'execa' },
  banner: {
    js: `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`,
  },
});
await build({
  ...common,
  entryPoints: ['fixtures/index.ts', 'fixtures/register.ts', 'src/cli/main.ts', 'src/simulation/discover-main.ts'],
  outbase: '.',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  external,
  plugins: [{ name: 'execa', setup: (setup) => setup.onResolve({ filter: /^execa$/ }, besideTheChunks) }],
});
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
chmodSync('dist/src/cli/main.js', 0o755);

/** Who imports execa is in a chunk, as several entries share it. */
function besideTheChunks() {
  return { path: './execa.js', external: true };
}
