/** Runs mocha in this process with the fixtures registered. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { keepCompiledModules } from '../compile-cache.ts';
import { packageModule } from '../package-folder.ts';
import { variableText } from '../options/variable-values.ts';
import { publishVariable, readVariables } from '../options/variables.ts';
import { toEnvironment } from '../process/command.ts';
import { runInherited } from '../process/inherit.ts';

/** A simulation is no unit test: mocha's own default of 2 s is for those. */
const defaultTimeout = 60_000;

/** Holds the id of the process that started this one with the options for node. */
const nodeOptionsVariable = 'MOCHA_COCOTB_NODE_OPTIONS_FROM';

interface MochaOptions {
  /** Specs, those of the configuration included. */
  readonly _: readonly string[];
  readonly 'node-option'?: readonly string[];
  readonly timeout?: number | string;
  readonly jobs?: number;
  readonly parallel?: boolean;
}

/**
 * Runs mocha with these arguments, as its own command would, but for two things: a time limit of 60 s takes the place of mocha's default of 2 s, and
 * specs named here take the place of the configuration's instead of being added to them. Which mocha: the one of the project in the working folder, else the one that this package sees.
 */
export async function runMocha(argv: readonly string[]): Promise<void> {
  keepCompiledModules();
  const folder = path.dirname(findMocha());
  const require = createRequire(path.join(folder, 'package.json'));
  // Named .cjs since mocha 12.
  const load = (name: string): unknown =>
    require(['.cjs', '.js'].map((end) => path.join(folder, 'lib/cli', name + end)).find(existsSync) ?? name);
  const { loadOptions } = load('options') as { loadOptions: (argv: readonly string[]) => MochaOptions };
  const { isNodeFlag } = load('node-flags') as { isNodeFlag: (option: string) => boolean };
  // Whoever asks for mocha's 2 s can't be told from who asks for nothing, once the default is filled in: so ours is filled in instead.
  const defaults = require('./lib/mocharc.json') as { timeout: number };
  defaults.timeout = defaultTimeout;
  const added = ['--require', packageModule('fixtures/register')];
  const variables = readVariables();
  // It may leave nothing of a module, but not of all. mocha heeds this without --parallel only.
  if (variableText(variables, 'COCOTB_TEST_FILTER') !== undefined) added.push('--fail-zero');
  const { 'node-option': nodeOptions = [], ...options } = loadOptions([...added, ...argv]);
  if (options.parallel === true && options.jobs !== undefined && variables['MOCHA_COCOTB_WORKERS'] === undefined) {
    publishVariable('MOCHA_COCOTB_WORKERS', String(options.jobs));
  }
  // Where there are only specs, this saves a start 1 ms.
  const areOptions = variables['MOCHA_OPTIONS'] !== undefined || argv.some((argument) => argument.startsWith('-'));
  const named = areOptions ? loadOptions(withoutConfiguration(argv))._ : [...new Set(argv)];
  const isStarted = variables[nodeOptionsVariable] === String(process.ppid);
  // Flags for node among mocha's own options, and the debugger, are left to mocha.
  const isPlain =
    !Object.keys(options).some(isNodeFlag) &&
    !named.includes('inspect') &&
    !nodeOptions.some((option) => option.startsWith('inspect'));
  if (isPlain) {
    if (nodeOptions.length > 0 && !isStarted) return startWithNodeOptions(nodeOptions, argv);
    const { main } = (await import(pathToFileURL(path.join(folder, 'lib/cli/cli.js')).href)) as {
      main: (argv: readonly string[], options: MochaOptions) => void;
    };
    main([], { ...options, _: named.length > 0 ? named : options._ });
    return;
  }
  // In a process of its own mocha has its own default.
  if (Number(options.timeout) === defaultTimeout) added.push('--timeout', String(defaultTimeout));
  process.argv.splice(2, process.argv.length, ...added, ...argv);
  await import(pathToFileURL(path.join(folder, 'bin/mocha.js')).href);
}

/** The same arguments, but for the configuration: mocha takes the last word on it. What follows `--` are specs. */
function withoutConfiguration(argv: readonly string[]): readonly string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return [...argv.slice(0, end), '--no-config', '--no-package', ...argv.slice(end)];
}

/** As mocha does for options of node, except that what it starts never outlives it and hears of every signal. */
async function startWithNodeOptions(nodeOptions: readonly string[], argv: readonly string[]): Promise<void> {
  publishVariable(nodeOptionsVariable, String(process.pid));
  const ending = await runInherited({
    argv: [process.execPath, ...nodeOptions.map((option) => `--${option}`), process.argv[1] ?? '', ...argv],
    cwd: process.cwd(),
    env: toEnvironment(readVariables()),
  });
  if (ending.signal === undefined) process.exitCode = ending.exitCode ?? 1;
  else process.kill(process.pid, ending.signal);
}

/** Absolute path of mocha's package.json. */
function findMocha(): string {
  try {
    return createRequire(path.resolve('package.json')).resolve('mocha/package.json');
  } catch {
    return createRequire(import.meta.url).resolve('mocha/package.json');
  }
}
