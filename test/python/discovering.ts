/** Modules in a scratch folder whose tests are discovered. */
import { expect } from 'chai';
import { discoverTests, type Discovery, type DiscoveryRequest } from '../../src/python/discovery.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import { DiscoveryFailed } from '../../src/python/errors.ts';
import { Scratch, testEnvironment } from './scratch.ts';

/** The modules stand in `lib/`, which is the pythonPath unless a request says otherwise. */
export class Modules {
  readonly scratch: Scratch;
  readonly python: PythonEnvironment;
  #count = 0;

  private constructor(scratch: Scratch, python: PythonEnvironment) {
    this.scratch = scratch;
    this.python = python;
  }

  static async make(): Promise<Modules> {
    return new Modules(await Scratch.make(), await testEnvironment());
  }

  discover(request: Partial<DiscoveryRequest> & Pick<DiscoveryRequest, 'modules'>): Promise<Discovery> {
    return discoverTests(this.python, {
      pythonPath: [this.scratch.path('lib')],
      extraEnv: {},
      cacheFolder: this.scratch.path('cache'),
      ...request,
    });
  }

  /** Discovers the tests of a new module with that text. */
  async discoverIn(text: string, request: Partial<DiscoveryRequest> = {}): Promise<Discovery> {
    const name = `test_${++this.#count}`;
    await this.scratch.write(`lib/${name}.py`, text);
    return this.discover({ modules: [name], ...request });
  }
}

/** The names of the tests, or the reason why a simulation is needed. */
export function namesOf(discovery: Discovery): readonly string[] {
  return discovery.state === 'found' ? discovery.tests.map(({ name }) => name) : [discovery.reason];
}

export async function failureOf(discovery: Promise<Discovery>): Promise<DiscoveryFailed> {
  const error: unknown = await discovery.catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(DiscoveryFailed);
  return error as DiscoveryFailed;
}
