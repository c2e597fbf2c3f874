/** Runs mocha in this process with the fixtures registered. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageModule } from '../python/package-folder.ts';
import { publishVariable, readVariables } from '../options/variables.ts';

/** A simulation is no unit test: mocha's own default of 2 s is for those. */
const defaultTimeout = 60_000;
const defaultOfMocha = 2_000;

interface MochaOptions {
  readonly timeout?: number | string;
  readonly jobs?: number;
  readonly parallel?: boolean;
}

/**
 * Runs mocha with these arguments, as its own command would. A time limit of 60 s takes the place of mocha's default of 2 s.
 * Which mocha: the one of the project in the working folder, else the one that this package sees.
 */
export async function runMocha(argv: readonly string[]): Promise<void> {
  const folder = path.dirname(findMocha());
  const require = createRequire(path.join(folder, 'package.json'));
  // Named .cjs since mocha 12.
  const optionsFile = ['options.cjs', 'options.js'].map((name) => path.join(folder, 'lib/cli', name)).find(existsSync);
  const { loadOptions } = require(optionsFile ?? 'mocha/lib/cli/options') as {
    loadOptions: (argv: readonly string[]) => MochaOptions;
  };
  const options = loadOptions(argv);
  const added = ['--require', packageModule('fixtures/register')];
  if (Number(options.timeout) === defaultOfMocha) added.push('--timeout', String(defaultTimeout));
  if (
    options.parallel === true &&
    options.jobs !== undefined &&
    readVariables()['MOCHA_COCOTB_WORKERS'] === undefined
  ) {
    publishVariable('MOCHA_COCOTB_WORKERS', String(options.jobs));
  }
  process.argv.splice(2, process.argv.length, ...added, ...argv);
  await import(pathToFileURL(path.join(folder, 'bin/mocha.js')).href);
}

/** Absolute path of mocha's package.json. */
function findMocha(): string {
  try {
    return createRequire(path.resolve('package.json')).resolve('mocha/package.json');
  } catch {
    return createRequire(import.meta.url).resolve('mocha/package.json');
  }
}
