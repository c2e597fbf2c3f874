/** What is said between us and a server of warm starts (python/mocha_cocotb/warm.py), in lines of JSON; the server's begin with a token. */
import { constants } from 'node:os';
import type { TestEvent } from './launch.ts';

/** What a server does for one simulation; see python/mocha_cocotb/warm.py. */
export interface WarmJob {
  /** Absolute path of the log, written anew. */
  readonly log: string;
  readonly cwd: string;
  /** The simulator's whole command line, where each simulation may have its own. */
  readonly args: readonly string[] | undefined;
  /** Test modules, as in COCOTB_TEST_MODULES. */
  readonly modules: string;
  /** The simulation's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Called when the simulation has begun. */
  readonly onBegin: (() => void) | undefined;
  readonly onTest: ((event: TestEvent) => void) | undefined;
  /** Time limit from the simulation's start, ms. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export type WarmJobEnd =
  | {
      readonly state: 'ended';
      readonly exitCode: number | undefined;
      readonly signal: NodeJS.Signals | undefined;
      readonly timedOut: boolean;
      readonly aborted: boolean;
      /** From its start to its end, ms. */
      readonly wallTime: number;
      /** ms */
      readonly cpuTime: number;
      /** Bytes. */
      readonly peakMemory: number;
    }
  /** A module loaded before the fork has changed; the simulation was not begun. */
  | { readonly state: 'stale'; readonly file: string }
  /** It wants another environment than what was learned meanwhile has read; it was not begun. */
  | { readonly state: 'unsuited' }
  /** It could not be begun, and neither could a cold start. */
  | { readonly state: 'refused'; readonly reason: string }
  /** The server is gone. */
  | { readonly state: 'lost'; readonly begun: boolean };

/** What a server says. */
export type Message =
  | { event: 'ready'; refusal: string | null; variables: string[] }
  | { event: 'learned'; variables: string[] }
  /** It has served enough for a server that is started anew to be faster. */
  | { event: 'replaceable' }
  | { event: 'started'; id: number; pid: number }
  | ({ event: 'test'; id: number } & TestEvent)
  /** It is done, and held for what can be found out of it: its time is no longer counted. */
  | { event: 'held'; id: number }
  | { event: 'ended'; id: number; status: number; wall: number; cpu: number; memory: number }
  | { event: 'stale'; id: number; file: string }
  | { event: 'unsuited'; id: number }
  | { event: 'refused'; id: number; reason: string };

/** Variables that the C side or Python's start reads before our code runs. */
export function isReadEarly(name: string): boolean {
  return /^(GPI_|PYGPI_|PYTHON|LIBPYTHON_|LD_|MALLOC_|GLIBC_|LC_)|^(LANG|TZ)$/.test(name);
}

/** What wait4's status means. */
export function decodeStatus(status: number): { exitCode: number | undefined; signal: NodeJS.Signals | undefined } {
  const number = status & 0x7f;
  if (number === 0) return { exitCode: (status >> 8) & 0xff, signal: undefined };
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { exitCode: undefined, signal: name as NodeJS.Signals | undefined };
}
