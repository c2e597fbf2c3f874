/** How a simulation and each of its cocotb tests ended. */

/** As in results.xml: an expected failure has passed; errored is a test that cocotb could not begin. */
export type TestStatus = 'passed' | 'failed' | 'skipped' | 'errored';

/** One test as cocotb reports it in results.xml. */
export interface TestResult {
  /** Python module that it is in. */
  readonly module: string;
  /** That of the Python function, or the one given to `@cocotb.test()`; cases of a parametrized test have their values behind slashes: `adds/width=8`. */
  readonly name: string;
  /** `module.name`: what COCOTB_TEST_FILTER is matched with. */
  readonly fullName: string;
  /** How it ended. */
  readonly status: TestStatus;
  /** Simulated time, ns. */
  readonly simTime: number;
  /** Of the test alone by cocotb's clock, ms. */
  readonly wallTime: number;
  /** COCOTB_RANDOM_SEED of its simulation, to which cocotb adds a digest of the full name; undefined for a test that was skipped. */
  readonly seed: number | undefined;
  /** The Python exception's message, such as `assert 3 == 4`, or why the test was skipped. */
  readonly message: string | undefined;
  /** Class of the Python exception, without its module, such as `AssertionError`. */
  readonly exceptionType: string | undefined;
  /** Python traceback. */
  readonly traceback: string | undefined;
  /** Python file that it is in; relative where the variable COCOTB_RESULTS_RELATIVE_TO has it so. */
  readonly file: string | undefined;
  /** Its line there, from 1. */
  readonly line: number | undefined;
}

/** Every simulation ends in exactly one of these; `message` says what was seen. */
export type Verdict =
  /** Every test that was selected has run, and none failed; skipped ones don't matter. */
  | { readonly kind: 'passed' }
  /** Tests that failed or errored, by cocotb's own count. */
  | { readonly kind: 'failed'; readonly failed: number; readonly message: string }
  /** Nothing ran, or a test that was asked for by name didn't. */
  | { readonly kind: 'no-tests-matched'; readonly message: string }
  /** A test module is missing, or its import raised. */
  | { readonly kind: 'import-error'; readonly message: string }
  /** The simulator died, or ended with an error that its results don't explain. */
  | {
      readonly kind: 'crashed';
      /** undefined when a signal ended it. */
      readonly exitCode: number | undefined;
      /** Such as `SIGSEGV`. */
      readonly signal: string | undefined;
      readonly message: string;
    }
  /** Ended by us; `limit` in ms. */
  | { readonly kind: 'timed-out'; readonly limit: number; readonly message: string }
  /** The simulator ended as if all was well, but results are missing. */
  | { readonly kind: 'results-cut-short'; readonly message: string }
  /** The simulator, or cocotb in it, could not be started. */
  | { readonly kind: 'could-not-start'; readonly message: string }
  /** Ended by us, because its run was. */
  | { readonly kind: 'aborted'; readonly message: string };

/**
 * What a simulation did, and where to look. All paths are absolute. With isolation 'module' a test's error has one with what was known when that test had
 * ended, of which `verdict` and `tests` are of that test alone.
 */
export interface SimulationResult {
  /** How it ended. */
  readonly verdict: Verdict;
  /** Those in results.xml; none unless it is there and whole. */
  readonly tests: readonly TestResult[];
  /** Run folder. */
  readonly directory: string;
  /** What simulator and cocotb printed. */
  readonly logFile: string;
  /** cocotb's results.xml; there if cocotb came to its end. */
  readonly resultsFile: string;
  /** undefined when no waves were recorded. */
  readonly wavesFile: string | undefined;
  /** Why a failing simulation has no waves although `waves: 'on-failure'` asked for them. */
  readonly noWavesReason: string | undefined;
  /** Verilator's coverage.dat; undefined when the design collects none. */
  readonly coverageFile: string | undefined;
  /** One line that runs this simulation again, same seed. */
  readonly reproduce: string;
  /** Its COCOTB_RANDOM_SEED. */
  readonly seed: number;
  /** Of the simulation from its start to its end, ms. */
  readonly wallTime: number;
  /** ms; known of warm starts only. */
  readonly cpuTime: number | undefined;
  /** Bytes; known of warm starts only. */
  readonly peakMemory: number | undefined;
  /** How it was started. */
  readonly launch: 'warm' | 'cold';
  /** Why it started cold although warm was not ruled out by the user. */
  readonly coldReason: string | undefined;
  /** Last lines of the log; empty when the verdict is passed. */
  readonly logTail: string;
}
