/** Decides how a simulation ended, from the process's end, results.xml and the log. Exit code and results must agree for a pass. */
import { isNamed, type NamedTests } from './environment.ts';
import type { TestResult, Verdict } from './result.ts';
import type { Results } from './results.ts';

/** How the simulator's process ended. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly aborted: boolean;
}

export interface Evidence {
  readonly end: ProcessEnd;
  readonly results: Results;
  /** The end of the log. */
  readonly logTail: string;
  readonly resultsFile: string;
  /** Tests asked for by name. */
  readonly named: NamedTests;
  /** Tests that the caller knows must report. */
  readonly expected: readonly string[];
  /** Time limit, ms. */
  readonly limit: number;
}

/** The one verdict that the evidence allows. */
export function judge(evidence: Evidence): Verdict {
  const { end, results } = evidence;
  if (end.aborted) return { kind: 'aborted', message: 'Simulation ended because its run was aborted.' };
  if (end.timedOut) {
    return {
      kind: 'timed-out',
      limit: evidence.limit,
      message: `Simulation not finished within its time limit, timeout ${evidence.limit} ms; it was ended. Is a test waiting for an event that never comes?`,
    };
  }
  return results.state === 'complete' ? judgeTests(evidence, results.tests) : judgeWithoutResults(evidence, results);
}

function judgeTests(evidence: Evidence, tests: readonly TestResult[]): Verdict {
  const { end } = evidence;
  const failed = tests.filter(({ status }) => status === 'failed' || status === 'errored');
  // A failing test explains an exit code that isn't 0 ($fatal aborts Verilator after the results are written).
  if (failed.length > 0) {
    const names = failed.map(({ fullName }) => fullName).join(', ');
    return {
      kind: 'failed',
      failed: failed.length,
      message: `${failed.length} of ${tests.length} tests failed: ${names}.`,
    };
  }
  if (isUnclean(end)) {
    return crash(
      evidence,
      `all ${tests.length} tests that reported passed, so look at what the HDL, C++ code or Python's exit functions did after them`,
    );
  }
  const { named } = evidence;
  const missing = named.testcases.filter((testcase) => !tests.some((test) => isNamed(test, testcase, named)));
  if (tests.length === 0 || missing.length > 0) return noTests(named, missing, tests);
  const unreported = evidence.expected.filter(
    (name) => !tests.some((test) => test.fullName === name || test.name === name),
  );
  if (unreported.length > 0) {
    return {
      kind: 'results-cut-short',
      message: `No result of ${unreported.join(', ')}: ${evidence.resultsFile} has ${tests.length} other tests. Was the test renamed or removed while the run went on?`,
    };
  }
  return { kind: 'passed' };
}

function judgeWithoutResults(evidence: Evidence, results: Exclude<Results, { state: 'complete' }>): Verdict {
  const { end, logTail, resultsFile } = evidence;
  const exception = results.state === 'missing' ? findStartException(logTail) : undefined;
  if (exception !== undefined) {
    const modules = evidence.named.testModules.join(', ');
    if (exception.text.includes('No tests were discovered in any module')) {
      return {
        kind: 'no-tests-matched',
        message: `No cocotb test in ${modules}: a test is a function decorated by @cocotb.test().`,
      };
    }
    if (!exception.isImport) return { kind: 'could-not-start', message: `cocotb could not start: ${exception.text}.` };
    const { text, traceback } = exception;
    const hint = text.startsWith('ModuleNotFoundError') ? '. Is its folder in pythonPath?' : '';
    const where = traceback === text ? '' : `\n${traceback}`;
    return { kind: 'import-error', message: `Test module ${modules} could not be imported: ${text}${hint}${where}` };
  }
  const seen =
    results.state === 'missing' ? 'wrote no results' : `left broken results (${results.reason}; ${resultsFile})`;
  if (isUnclean(end)) return crash(evidence, `it ${seen}`);
  return {
    kind: 'results-cut-short',
    message: `Simulation exited with code 0 but ${seen}. Did a test or the HDL end the process (os._exit, $finish in a callback), or is the disk full?`,
  };
}

function crash({ end }: Evidence, seen: string): Verdict {
  const how = end.signal === undefined ? `exited with code ${end.exitCode}` : `was ended by ${end.signal}`;
  return {
    kind: 'crashed',
    exitCode: end.exitCode,
    signal: end.signal,
    message: `Simulator ${how}: ${seen}.`,
  };
}

function noTests(
  { testcases, testModules, areFullNames }: NamedTests,
  missing: readonly string[],
  tests: readonly TestResult[],
): Verdict {
  const modules = testModules.join(', ');
  if (testcases.length === 0) {
    return { kind: 'no-tests-matched', message: `No test of ${modules} matches the test filter.` };
  }
  const ran = tests.length === 0 ? 'nothing ran' : `only ${tests.map(({ name }) => name).join(', ')} ran`;
  const hint = areFullNames
    ? 'It was found when the tests were listed: was the module edited since, or are its tests others at each import, such as cases that come from random?'
    : 'A name is that of the Python function, with the case of a parametrized test behind a slash.';
  return {
    kind: 'no-tests-matched',
    message: `No test called ${missing.join(', ')} in ${modules}: ${ran}. ${hint}`,
  };
}

function isUnclean(end: ProcessEnd): boolean {
  return end.signal !== undefined || end.exitCode !== 0;
}

/** An exception that kept cocotb from starting its tests. */
export interface StartException {
  /** Its last line. */
  readonly text: string;
  /** Of an import: from the test module on. */
  readonly traceback: string;
  /** Whether a test module's import raised it. */
  readonly isImport: boolean;
}

/** The exception that kept cocotb from starting its tests: the last traceback in the log that isn't inside a log message. */
export function findStartException(log: string): StartException | undefined {
  const start = `\n${log}`.lastIndexOf('\nTraceback (most recent call last):');
  if (start < 0) return undefined;
  const lines = log.slice(start).split('\n');
  if (!lines.some((line) => line.includes('in load_entry'))) return undefined;
  const end = lines.findIndex((line, index) => index > 0 && /^[\w.]+(:|$)/.test(line));
  const text = lines[end];
  if (text === undefined) return undefined;
  const whole = lines.slice(0, end + 1);
  const importing = whole.findIndex((line) => line.includes('in discover_tests'));
  const traceback = importing < 0 ? whole : tracebackFrom(importing, whole);
  return { text, traceback: traceback.join('\n'), isImport: importing >= 0 };
}

/** The traceback below a frame of cocotb's, without Python's import machinery. */
function tracebackFrom(frame: number, lines: readonly string[]): readonly string[] {
  let isShown = false;
  const shown = lines.slice(frame + 1).filter((line) => {
    if (line.startsWith('  File "')) isShown = !/\bimportlib\b|\/_pytest\/assertion\//.test(line);
    else if (!line.startsWith('   ')) isShown = true;
    return isShown;
  });
  return shown.length > 1 ? [lines[0] ?? '', ...shown] : shown;
}
