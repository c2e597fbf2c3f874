/** How a simulation and each of its cocotb tests ended. */

export type TestStatus = 'passed' | 'failed' | 'skipped' | 'errored';

export interface TestResult {
  readonly module: string;
  readonly name: string;
  readonly fullName: string;
  readonly status: TestStatus;
  /** Simulated time, ns. */
  readonly simTime: number;
  /** ms */
  readonly wallTime: number;
  readonly seed: number | undefined;
  /** The Python exception's message, such as `assert 3 == 4`, or why the test was skipped. */
  readonly message: string | undefined;
  readonly exceptionType: string | undefined;
  /** Python traceback. */
  readonly traceback: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Every simulation ends in exactly one of these. */
export type Verdict =
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
      readonly exitCode: number | undefined;
      readonly signal: string | undefined;
      readonly message: string;
    }
  | { readonly kind: 'timed-out'; readonly limit: number; readonly message: string }
  /** The simulator ended as if all was well, but results are missing. */
  | { readonly kind: 'results-cut-short'; readonly message: string }
  /** The simulator, or cocotb in it, could not be started. */
  | { readonly kind: 'could-not-start'; readonly message: string }
  | { readonly kind: 'aborted'; readonly message: string };

export interface SimulationResult {
  readonly verdict: Verdict;
  readonly tests: readonly TestResult[];
  /** Run folder. */
  readonly directory: string;
  readonly logFile: string;
  readonly resultsFile: string;
  readonly wavesFile: string | undefined;
  /** Why a failing simulation has no waves although `waves: 'on-failure'` asked for them. */
  readonly noWavesReason: string | undefined;
  readonly coverageFile: string | undefined;
  /** One line that runs this simulation again, same seed. */
  readonly reproduce: string;
  readonly seed: number;
  /** ms */
  readonly wallTime: number;
  /** CPU time of the simulation in ms and peak memory in bytes, where known. */
  readonly cpuTime: number | undefined;
  readonly peakMemory: number | undefined;
  readonly launch: 'warm' | 'cold';
  /** Why it started cold although warm was not ruled out by the user. */
  readonly coldReason: string | undefined;
  /** Last lines of the log; empty when the verdict is passed. */
  readonly logTail: string;
}
