/** The environment of a simulation: cocotb's variables, as cocotb_tools.runner sets them. */
import { delimiter } from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import { toplevelLanguageOf } from '../options/language.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readVariables, type Variables } from '../options/variables.ts';
import { toEnvironment, type Environment } from '../process/command.ts';
import type { PythonEnvironment } from '../python/environment.ts';

export interface EnvironmentRequest {
  readonly design: ResolvedDesign;
  readonly simulation: ResolvedSimulation;
  readonly python: PythonEnvironment;
  /** Variables that only this simulator needs; the user's own win over them. */
  readonly simulatorEnv: Environment;
  readonly seed: number;
  readonly resultsFile: string;
  /** Files that results.xml is to name: waves and log. */
  readonly attachments: readonly string[];
}

/**
 * The whole environment of a simulation: the process's own variables, the simulator's, cocotb's, and the user's `extraEnv`,
 * which has none of those that options set (`resolveSimulation` refuses them). Unlike the runner's, `extraEnv` wins over the process's variables.
 *
 * @param variables - @defaultValue those of this process
 */
export function simulationEnvironment(
  request: EnvironmentRequest,
  variables: Variables = readVariables(),
): Record<string, string> {
  const { design, simulation, python } = request;
  const env: Record<string, string> = {
    ...toEnvironment({ ...request.simulatorEnv, ...variables, ...simulation.extraEnv }),
  };
  const pythonPath = [...simulation.pythonPath, ...split(env['PYTHONPATH']), ...python.sysPath];
  env['PATH'] = [...split(env['PATH']), python.libsDir].join(delimiter);
  env['PYTHONPATH'] = [...new Set(pythonPath.filter(Boolean))].join(delimiter);
  env['PYGPI_PYTHON_BIN'] = python.python;
  env['GPI_USERS'] ??= `${env['LIBPYTHON_LOC'] ?? python.libpython};${python.pygpiEntryPoint}`;
  // NVC names its toplevel entity-architecture; cocotb wants the entity.
  env['COCOTB_TOPLEVEL'] = simulation.toplevel.split('-')[0] ?? simulation.toplevel;
  env['COCOTB_TEST_MODULES'] = simulation.testModules.join(',');
  env['TOPLEVEL_LANG'] = simulation.toplevelLang ?? toplevelLanguageOf(design.sources) ?? 'verilog';
  env['COCOTB_RANDOM_SEED'] = String(request.seed);
  env['COCOTB_RESULTS_FILE'] = request.resultsFile;
  env['COCOTB_RESULTS_ATTACHMENTS'] ??= request.attachments.join(',');
  delete env['COCOTB_LIST_TESTS'];
  delete env['COCOTB_TEST_FILTER'];
  const filter = testFilter(simulation);
  if (filter !== undefined) {
    env['COCOTB_TEST_FILTER'] = filter;
    delete env['COCOTB_TESTCASE'];
  }
  return env;
}

/** What names a simulation's tests. */
export type NamedTests = Pick<ResolvedSimulation, 'testModules' | 'testcases' | 'areFullNames'>;

/** The regular expression over `module.name` that selects exactly the tests asked for; undefined for all. */
export function testFilter(simulation: ResolvedSimulation): string | undefined {
  if (simulation.testcases.length === 0) return simulation.testFilter;
  // The alternatives of one module together: with all tests of a large module the whole must still fit into a variable.
  const byModule = new Map<string, string[]>();
  for (const testcase of simulation.testcases) {
    // The case of a parametrized test, behind the slash, may have dots.
    const [module = ''] = (isFullName(testcase, simulation) && /^[^/]*\./.exec(testcase)) || [];
    const prefix = escapeForPython(module) || anyModule;
    const names = byModule.get(prefix) ?? [];
    byModule.set(prefix, names);
    names.push(escapeForPython(testcase.slice(module.length)));
  }
  return [...byModule].map(([prefix, names]) => `^${prefix}(?:${names.join('|')})$`).join('|');
}

/** Whether a simulation's testcase means this test. A module's tests may be another module's that it imports, and have that one's name in front. */
export function isNamed(
  { name, fullName }: { readonly name: string; readonly fullName: string },
  testcase: string,
  simulation: NamedTests,
): boolean {
  return fullName === testcase || (name === testcase && !isFullName(testcase, simulation));
}

/** In front of a name that may be a full one, too. */
const anyModule = '(?:[\\w.]+\\.)?';

/** Whether a test is known to be named with its module in front. */
function isFullName(testcase: string, { areFullNames, testModules }: NamedTests): boolean {
  return areFullNames || testModules.some((module) => testcase.startsWith(`${module}.`));
}

function escapeForPython(text: string): string {
  return text.replace(/[.^$*+?()[\]{}|\\]/g, '\\$&');
}

function split(paths: string | undefined): string[] {
  return paths === undefined ? [] : paths.split(delimiter).filter(Boolean);
}
