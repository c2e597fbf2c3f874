/** Options of the locks: what a caller may give, and what they resolve to. */

import { checkOptions, flag, matching, type Check, type ChecksOf } from '../options/check.ts';
import { OptionError } from '../options/option-error.ts';

/** How long to wait for a lock, and when its holder counts as dead. All times are ms; `Infinity` and `-1` wait for ever. */
export interface LockOptions {
  /** How long `acquire` waits. 0 tries once. @defaultValue 3_600_000 (1 h) */
  readonly timeout?: number;
  /** Pause between two looks of a waiter; shorter when the lock has just changed hands, up to ten times longer when that was long ago. @defaultValue 100 */
  readonly pollInterval?: number;
  /** A holder that shows no sign of life for so long loses the lock; one whose process is known to be gone loses it at once. @defaultValue 7_200_000 (2 h) */
  readonly staleTimeout?: number;
  /** How often the holder shows a sign of life; `Infinity` never: then other nodes judge it by the age of its lock. @defaultValue a quarter of staleTimeout, at most 5_000 */
  readonly heartbeatInterval?: number;
  /** Make the lock's parent folder when it is missing. @defaultValue false: it may be a share that isn't mounted, and a lock on this node alone */
  readonly makeParent?: boolean;
  /** Ends the wait; `acquire` rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface ResolvedLockOptions {
  readonly timeout: number;
  readonly pollInterval: number;
  readonly staleTimeout: number;
  readonly heartbeatInterval: number;
  readonly makeParent: boolean;
  readonly signal: AbortSignal | undefined;
}

const LONGEST_HEARTBEAT = 5_000;

/**
 * `staleTimeout` of the locks that this package takes for itself, ms: when a node loses its power, the others go on after so long. Their holders beat every
 * 5 s, which an NFS client may show a minute late (acregmax, nfs(5)); and one that is taken for dead by mistake publishes nothing.
 */
export const OWN_STALE_TIMEOUT = 300_000;

const time = (least: number): Check =>
  matching(
    `milliseconds >= ${least}, or Infinity or -1 for no limit`,
    (value) => typeof value === 'number' && (value >= least || value === -1),
  );

const checks: ChecksOf<LockOptions> = {
  timeout: time(0),
  pollInterval: time(1),
  staleTimeout: time(1),
  heartbeatInterval: time(1),
  makeParent: flag,
  signal: matching('an AbortSignal', (value) => value instanceof AbortSignal),
};

/** @throws OptionError naming every option that is wrong or unknown. */
export function resolveLockOptions(options: LockOptions, subject: string): ResolvedLockOptions {
  const problems = checkOptions(options, checks, []);
  if (problems.length > 0) throw new OptionError(problems, subject);
  const forever = (ms: number): number => (ms === -1 ? Infinity : ms);
  const staleTimeout = forever(options.staleTimeout ?? 7_200_000);
  return {
    timeout: forever(options.timeout ?? 3_600_000),
    pollInterval: forever(options.pollInterval ?? 100),
    staleTimeout,
    heartbeatInterval: forever(options.heartbeatInterval ?? Math.min(LONGEST_HEARTBEAT, Math.max(1, staleTimeout / 4))),
    makeParent: options.makeParent ?? false,
    signal: options.signal,
  };
}
