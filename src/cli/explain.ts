/** `mocha-cocotb explain`: which input made a build necessary, or would make the next one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { requestBuild } from '../build/build.ts';
import { explain, explainNow, listManifests, type Difference, type Explanation } from '../build/explain.ts';
import { layoutOf, type Layout } from '../build/layout.ts';
import type { Manifest } from '../build/manifest.ts';
import type { ResolvedDesign } from '../options/design.ts';
import { defaultSimBuild } from '../options/sim-build.ts';
import { readVariables } from '../options/variables.ts';

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('explain')
    .argument('<design>', 'toplevel, beginning of a build id, or a module that exports designs (defineDesign)')
    .description('say why a build was, or would be, made anew: which input changed since which build')
    .option('--sim-build <folder>', 'build folder (default: SIM_BUILD, else sim_build)')
    .action(explainDesign);
}

async function explainDesign(name: string, flags: { readonly simBuild?: string }, command: Command): Promise<void> {
  const layout = layoutOf(path.resolve(flags.simBuild ?? defaultSimBuild(readVariables())));
  if (existsSync(name)) {
    const designs = await importDesigns(path.resolve(name));
    if (designs.length === 0) command.error(`error: ${name} exports no design: export what defineDesign returns`);
    for (const design of designs) await explainNext(design);
    return;
  }
  const all = listManifests(layout);
  const asked = all.filter(({ id, toplevel }) => toplevel === name || (name.length >= 4 && id.startsWith(name)));
  if (asked.length === 0) {
    const known = [...new Set(all.map(({ toplevel }) => toplevel))].join(', ');
    command.error(`error: no build of ${name} in ${layout.root}; there are builds of: ${known || 'nothing'}`);
  }
  for (const manifest of asked) await explainPast(manifest, all, layout);
}

/** Why a published build was made, and what has changed since. */
async function explainPast(manifest: Manifest, all: readonly Manifest[], layout: Layout): Promise<void> {
  const { toplevel, simulator, id, published, host, compileTime, cwd } = manifest;
  console.log(
    `${toplevel} (${simulator}) ${id}, made ${published} on ${host} in ${(compileTime / 1000).toFixed(1)} s, in ${cwd}`,
  );
  const earlier = all.filter((other) => isAlike(other, manifest) && other.published < published);
  print('necessary because', explain(manifest, earlier));
  const since = await explainNow(manifest, layout);
  if (since.length > 0) print('would be made anew, since', { nearest: manifest, differences: since });
}

/** Whether the next run would compile, and why. */
async function explainNext(design: ResolvedDesign): Promise<void> {
  const variables = readVariables();
  const layout = layoutOf(design.simBuild);
  const request = await requestBuild(design, design.waves === true, { variables, layout, run: 'explain' });
  const subject = `${design.toplevel} (${design.simulator})`;
  const builds = listManifests(layout).filter((manifest) => isAlike(manifest, design));
  let best: Explanation = { nearest: undefined, differences: [] };
  for (const manifest of builds) {
    const files = await explainNow(manifest, layout, request.roots.pathOf);
    const { differences } = explain({ ...manifest, facts: request.facts }, [manifest]);
    const total = [...files, ...differences];
    if (best.nearest === undefined || total.length < best.differences.length) {
      best = { nearest: manifest, differences: total };
    }
  }
  if (best.nearest !== undefined && best.differences.length === 0) {
    console.log(`${subject}: nothing to do, ${best.nearest.id} is up to date`);
    return;
  }
  console.log(`${subject}: the next run compiles`);
  print('necessary because', best);
}

function isAlike(manifest: Manifest, other: { readonly toplevel: string; readonly simulator: string }): boolean {
  return manifest.toplevel === other.toplevel && manifest.simulator === other.simulator;
}

function print(title: string, { nearest, differences }: Explanation): void {
  if (nearest === undefined) {
    console.log(`  ${title}: there is no earlier build of it`);
    return;
  }
  console.log(`  ${title}, against ${nearest.id} of ${nearest.published}:`);
  for (const difference of differences) console.log(`    ${describe(difference)}`);
  if (differences.length === 0)
    console.log('    nothing that is recorded differs; it was compiled with the option always, or its folder was gone');
}

function describe({ kind, name, change, detail }: Difference): string {
  const whole = `${kind} ${name} ${change}${detail === '' ? '' : `: ${detail}`}`;
  return whole.length > 400 ? `${whole.slice(0, 400)}...` : whole;
}

async function importDesigns(file: string): Promise<readonly ResolvedDesign[]> {
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  return Object.values(exported).flatMap((value) => {
    const { resolved } = (value ?? {}) as { resolved?: ResolvedDesign };
    return typeof resolved?.toplevel === 'string' && typeof resolved.simBuild === 'string' ? [resolved] : [];
  });
}
