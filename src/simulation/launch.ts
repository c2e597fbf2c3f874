/** What a launch, warm or cold, says of a simulation's end. */
import type { ProcessEnd } from './verdict.ts';

interface Launch {
  readonly launch: 'warm' | 'cold';
  /** Why it started cold although the user would have had it warm. */
  readonly coldReason: string | undefined;
}

export type LaunchOutcome = Launch &
  (
    | {
        readonly state: 'ended';
        readonly end: ProcessEnd;
        /** ms */
        readonly cpuTime: number | undefined;
        /** Bytes. */
        readonly peakMemory: number | undefined;
      }
    | { readonly state: 'not-started'; readonly message: string }
  );
