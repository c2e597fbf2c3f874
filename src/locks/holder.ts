/** Who holds a lock: the record that stands in the lock folder, written and read. */

/** Identity of a process, as far as it could be found out. */
export interface HolderRecord {
  /** Of the node or container. */
  readonly hostname?: string;
  /** Of the process, in its own pid namespace. */
  readonly pid?: number;
  /** When the lock was acquired: seconds since the epoch by the holder's clock. For people only. */
  readonly timestamp?: number;
  /** Names one boot of one kernel (Linux). */
  readonly bootId?: string;
  /** Names the pid namespace (Linux); the pid means nothing outside it. */
  readonly pidNamespace?: string;
  /** Start of the process in clock ticks since boot (Linux). */
  readonly startTime?: number;
  /** How often the holder beats, ms; absent when it never does. */
  readonly heartbeat?: number;
  /** Names one acquisition. */
  readonly token?: string;
  /** Start of the command line. For people only. */
  readonly command?: string;
}

/** A holder as a waiter saw it. */
export interface SeenHolder extends HolderRecord {
  /** Why it counts as alive, dead or unknown. */
  readonly verdict: string;
  /** Time since its last sign of life by the server's clock, ms, where known. */
  readonly silence?: number;
}

/** Name of the file that pytest-cocotb's NFSLock reads and writes. */
export const HOLDER_FILE = 'holder.info';

/** The record as text. Short: some file systems store no more than 1,000 bytes in a link. */
export function formatHolder(record: HolderRecord): string {
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) <= 900) return text;
  return JSON.stringify({ ...record, command: undefined });
}

/** Reads a record; whatever is missing or odd in it is left out, so that the outcome of any content is a record that says less. */
export function parseHolder(text: string): HolderRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const fields = value as Record<string, unknown>;
  const string = (name: string, longest = 300): string | undefined => {
    const field = fields[name];
    return typeof field === 'string' && field !== '' && field.length <= longest ? field : undefined;
  };
  const number = (name: string, largest: number): number | undefined => {
    const field = fields[name];
    return typeof field === 'number' && field > 0 && field <= largest ? field : undefined;
  };
  // Linux's PID_MAX_LIMIT is 2^22; macOS and Windows stay below it, too, or near it.
  const pid = number('pid', 2 ** 32);
  return dropUndefined({
    hostname: string('hostname'),
    pid: Number.isInteger(pid) ? pid : undefined,
    timestamp: number('timestamp', 1e11),
    bootId: string('bootId'),
    pidNamespace: string('pidNamespace'),
    startTime: number('startTime', Number.MAX_SAFE_INTEGER),
    heartbeat: number('heartbeat', 3_600_000),
    token: string('token', 64),
    command: string('command'),
  });
}

/** One phrase that names a holder, for messages. */
export function describeHolder(holder: SeenHolder): string {
  const who = holder.pid === undefined ? 'an unknown process' : `pid ${holder.pid}`;
  const where = holder.hostname === undefined ? '' : `${holder.hostname} `;
  const what = holder.command === undefined ? '' : ` (${holder.command})`;
  const sign = holder.silence === undefined ? '' : `, last sign of life ${Math.round(holder.silence / 1000)} s ago`;
  return `${where}${who}${what}${sign}, ${holder.verdict}`;
}

/** Leaves out the fields that are undefined. */
function dropUndefined(record: { [K in keyof HolderRecord]: HolderRecord[K] | undefined }): HolderRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
