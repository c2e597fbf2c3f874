/** Options of the locks: what a caller may give, and what they resolve to. */

/** All times are ms; `Infinity` and `-1` wait for ever. */
export interface LockOptions {
  /** How long `acquire` waits. 0 tries once. @defaultValue 3_600_000 (1 h) */
  readonly timeout?: number;
  /** How often a waiter looks once the lock has been held for a while; it looks more often right after the lock changed hands. @defaultValue 100 */
  readonly pollInterval?: number;
  /** A holder that shows no sign of life for so long loses the lock. @defaultValue 7_200_000 (2 h) */
  readonly staleTimeout?: number;
  /** How often the holder shows a sign of life. @defaultValue a quarter of staleTimeout, at most 5_000 */
  readonly heartbeatInterval?: number;
  /** Ends the wait; `acquire` rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface ResolvedLockOptions {
  readonly timeout: number;
  readonly pollInterval: number;
  readonly staleTimeout: number;
  readonly heartbeatInterval: number;
  readonly signal: AbortSignal | undefined;
}

const LONGEST_HEARTBEAT = 5_000;

/** @throws RangeError naming every option that is no time. */
export function resolveLockOptions(options: LockOptions): ResolvedLockOptions {
  const problems: string[] = [];
  const time = (name: keyof LockOptions, value: unknown, least: number): number => {
    if (value === -1) return Infinity;
    if (typeof value === 'number' && value >= least) return value;
    problems.push(`${name} must be a number of ms, at least ${least}, but is ${String(value)}`);
    return least;
  };
  const staleTimeout = time('staleTimeout', options.staleTimeout ?? 7_200_000, 1);
  const resolved = {
    timeout: time('timeout', options.timeout ?? 3_600_000, 0),
    pollInterval: time('pollInterval', options.pollInterval ?? 100, 1),
    staleTimeout,
    heartbeatInterval: time(
      'heartbeatInterval',
      options.heartbeatInterval ?? Math.min(LONGEST_HEARTBEAT, Math.max(1, staleTimeout / 4)),
      1,
    ),
    signal: options.signal,
  };
  if (problems.length > 0) throw new RangeError(`Lock options: ${problems.join('; ')}`);
  return resolved;
}
