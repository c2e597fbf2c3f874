/** Turns a simulation's options into ones in which nothing is missing, or says everything that is wrong with them. */
import path from 'node:path';
import {
  anyText,
  checkOptions,
  duration,
  flag,
  integer,
  isRecord,
  isText,
  listOf,
  oneOf,
  soundOptions,
  text,
  whichever,
  type Check,
  type ChecksOf,
} from './check.ts';
import type { ResolvedDesign } from './design.ts';
import { OptionError, type OptionProblem } from './option-error.ts';
import { environmentValues, parameterValues, unitName } from './design-checks.ts';
import { wavesFromVariable } from './resolve-design.ts';
import type { ResolvedSimulation, SimulationOptions } from './simulation.ts';
import { parseTimescale, timescale } from './timescale.ts';
import { checkIntegerVariable, largestSeed, variableFlag, variableText, variableWords } from './variable-values.ts';
import type { Variables } from './variables.ts';

const oneOrMore = whichever(
  { when: isText, check: text },
  { when: Array.isArray, check: listOf(text) },
)('a string or a list of strings');

/** Variables that options and our own start of cocotb decide, so that a value in extraEnv would have no effect, or a wrong one. */
const insteadOfVariables: Readonly<Record<string, string>> = {
  COCOTB_LIST_TESTS: "mocha's --dry-run",
  COCOTB_RANDOM_SEED: 'the option seed',
  COCOTB_RESULTS_FILE: 'the option resultsXml',
  COCOTB_TESTCASE: 'the option testcase',
  COCOTB_TEST_FILTER: 'the option testFilter',
  COCOTB_TEST_MODULES: 'the option testModule',
  COCOTB_TOPLEVEL: 'the option toplevel',
  PYGPI_PYTHON_BIN: "the design's option python",
  TOPLEVEL_LANG: 'the option toplevelLang',
};

const ownVariables: Check = (value, at) =>
  Object.entries(isRecord(value) ? value : {})
    .filter(([name]) => Object.hasOwn(insteadOfVariables, name))
    .map(([name, received]) => ({
      option: `${at}.${name}`,
      expected: `${insteadOfVariables[name]} in its place`,
      received,
    }));

const launches = ['auto', 'warm', 'cold'] as const;

const checks: ChecksOf<SimulationOptions> = {
  testModule: oneOrMore,
  testcase: oneOrMore,
  testFilter: text,
  seed: integer(0, largestSeed),
  plusargs: listOf((value, at) =>
    typeof value === 'string' && /^[+-]/.test(value)
      ? []
      : [{ option: at, expected: "a plusarg such as '+depth=4'", received: value }],
  ),
  testArgs: listOf(anyText),
  elabArgs: listOf(anyText),
  extraEnv: (value, at) => [...environmentValues(value, at), ...ownVariables(value, at)],
  pythonPath: listOf(text),
  waves: oneOf([true, false, 'on-failure']),
  gui: flag,
  parameters: parameterValues,
  preCmd: listOf(anyText),
  toplevel: unitName,
  toplevelLibrary: unitName,
  toplevelLang: oneOf(['verilog', 'vhdl']),
  gpiInterfaces: listOf(oneOf(['vpi', 'vhpi', 'fli'])),
  timescale,
  verbose: flag,
  testDir: text,
  resultsXml: text,
  logFile: text,
  timeout: duration,
  launch: oneOf(launches),
  preload: listOf(text),
  launcher: listOf(text),
};

/** Names of all options of a simulation. */
export const simulationOptionNames: readonly string[] = Object.keys(checks);

/**
 * Checks a simulation's options and fills in the defaults.
 *
 * @param variables - As `readVariables` gives them. WAVES and GUI override the options, as with cocotb's runner; COCOTB_TEST_FILTER, MOCHA_COCOTB_LAUNCH
 *   and SIM_CMD_PREFIX are defaults; SIM_CMD_SUFFIX is added to the arguments.
 * @throws OptionError with everything that is wrong.
 */
export function resolveSimulation(
  given: SimulationOptions,
  design: ResolvedDesign,
  variables: Variables,
): ResolvedSimulation {
  const problems = [...checkOptions<SimulationOptions>(given, checks, ['testModule'])];
  const options = soundOptions(given, problems);
  checkIntegerVariable(variables, 'COCOTB_RANDOM_SEED', { least: 0, most: largestSeed }, problems);
  checkIntegerVariable(variables, 'MOCHA_COCOTB_JOBS', { least: 1 }, problems);
  const absolute = (file: string): string => path.resolve(design.cwd, file);
  const testModules = listNames(options.testModule ?? []);
  if (options.testModule !== undefined && testModules.length === 0) {
    problems.push({ option: 'testModule', expected: 'at least one module', received: options.testModule });
  }
  const testcases = listNames(options.testcase ?? []);
  if (options.testcase !== undefined && options.testFilter !== undefined) {
    const received = { testcase: options.testcase, testFilter: options.testFilter };
    problems.push({ option: 'testFilter', expected: 'testcase or testFilter, not both', received });
  }

  const resolved: ResolvedSimulation = {
    testModules,
    testcases,
    areFullNames: false,
    testFilter:
      options.testFilter ?? (testcases.length > 0 ? undefined : variableText(variables, 'COCOTB_TEST_FILTER')),
    seed: options.seed,
    plusargs: [...(options.plusargs ?? []), ...variableWords(variables, 'SIM_CMD_SUFFIX')],
    testArgs: options.testArgs ?? [],
    elabArgs: options.elabArgs ?? [],
    extraEnv: options.extraEnv ?? {},
    pythonPath: (options.pythonPath ?? []).map(absolute),
    waves: wavesFromVariable(variables, problems) ?? options.waves ?? design.waves,
    gui: variableFlag(variables, 'GUI', problems) ?? options.gui ?? false,
    parameters: options.parameters,
    preCmd: options.preCmd,
    toplevel: options.toplevel ?? design.toplevel,
    toplevelLibrary: options.toplevelLibrary ?? design.library,
    toplevelLang: options.toplevelLang,
    gpiInterfaces: options.gpiInterfaces ?? [],
    timescale: parseTimescale(options.timescale),
    verbose: options.verbose ?? design.verbose,
    testDir: options.testDir === undefined ? undefined : absolute(options.testDir),
    resultsXml: options.resultsXml === undefined ? undefined : absolute(options.resultsXml),
    logFile: options.logFile === undefined ? undefined : absolute(options.logFile),
    timeout: options.timeout === -1 ? Infinity : (options.timeout ?? 600_000),
    launch: options.launch ?? launchFromVariable(variables, problems) ?? 'auto',
    preload: options.preload ?? [],
    launcher: options.launcher ?? variableWords(variables, 'SIM_CMD_PREFIX'),
  };
  if (problems.length > 0) throw new OptionError(problems, `a simulation of ${design.toplevel}`);
  return resolved;
}

// cocotb's runner takes names in one string, separated by commas, too.
function listNames(names: string | readonly string[]): readonly string[] {
  const list = typeof names === 'string' ? names.split(',') : names;
  return list.map((name) => name.trim()).filter((name) => name !== '');
}

function launchFromVariable(variables: Variables, problems: OptionProblem[]): ResolvedSimulation['launch'] | undefined {
  const word = variableText(variables, 'MOCHA_COCOTB_LAUNCH');
  if (word === undefined) return undefined;
  problems.push(...oneOf(launches)(word, 'variable MOCHA_COCOTB_LAUNCH'));
  return launches.find((launch) => launch === word);
}
