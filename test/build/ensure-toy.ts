/** Gets the build of a toy project the way `ensureBuild` does. */
import type { DesignOptions } from '../../src/options/design.ts';
import type { Variables } from '../../src/options/variables.ts';
import { Digests } from '../../src/build/digests.ts';
import { ensurePublished, type Ensured } from '../../src/build/ensure.ts';
import { layoutOf } from '../../src/build/layout.ts';
import { makeRequest, type BuildRequest } from '../../src/build/request.ts';
import type { Toy } from './toy-simulator.ts';

export interface ToyOptions {
  readonly run?: string;
  readonly design?: Partial<DesignOptions>;
  readonly variables?: Variables;
  readonly trace?: boolean;
  readonly signal?: AbortSignal;
  /** @defaultValue the toy's own */
  readonly toolVersion?: string;
}

export function requestToy(toy: Toy, options: ToyOptions = {}): BuildRequest {
  const design = toy.design({ includes: ['first', 'second'], ...options.design });
  const { toyc } = toy.tools;
  return makeRequest({
    design,
    simulator: toy.simulator,
    python: toy.python,
    tools: toyc === undefined ? {} : { toyc: { ...toyc, version: options.toolVersion ?? toyc.version } },
    trace: options.trace ?? false,
    variables: { PATH: '/usr/bin:/bin', ...options.variables },
    layout: layoutOf(design.simBuild),
    salt: design.always ? options.run : undefined,
  });
}

export async function ensureToy(toy: Toy, options: ToyOptions = {}): Promise<Ensured> {
  const request = requestToy(toy, options);
  const layout = layoutOf(request.design.simBuild);
  return ensurePublished(request, {
    layout,
    digests: new Digests(layout, request.design.cwd),
    run: options.run ?? 'run-1',
    signal: options.signal ?? new AbortController().signal,
  });
}
