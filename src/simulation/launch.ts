/** What launches, warm or cold, are asked and say. */
import type { ProcessEnd } from './verdict.ts';

export interface LaunchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when the simulation itself begins, after all waiting. */
  readonly onBegin?: (() => void) | undefined;
  /** Called when a test starts and when its result is known, in order. Without it a simulation tells all at its end. */
  readonly onTest?: ((event: TestEvent, launch: Launch) => void) | undefined;
}

/** A test's full name, or its testcase element of results.xml. */
export type TestEvent = { readonly started: string } | { readonly result: string };

/** How a simulation was started. */
export interface Launch {
  readonly launch: 'warm' | 'cold';
  /** Why it started cold although the user would have had it warm. */
  readonly coldReason: string | undefined;
}

export type LaunchOutcome = Launch &
  (
    | {
        readonly state: 'ended';
        readonly end: ProcessEnd;
        /** Of the simulation's own process, ms. */
        readonly wallTime: number | undefined;
        /** ms */
        readonly cpuTime: number | undefined;
        /** Bytes. */
        readonly peakMemory: number | undefined;
      }
    | { readonly state: 'not-started'; readonly message: string }
  );
