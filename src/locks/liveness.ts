/** Finds out whether the process named in a holder record still runs. */
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { errorCode } from '../filesystem/lock-file-system.ts';
import type { HolderRecord } from './holder.ts';

/**
 * `alive`: this very process runs (it may be stopped). `dead`: it can't run any more. `unknown`: this process can't tell (another node, another
 * container, nothing recorded).
 */
export interface Liveness {
  readonly state: 'alive' | 'dead' | 'unknown';
  readonly why: string;
}

export interface ProcessTable {
  /** Record of this process. */
  self(): HolderRecord;
  /** Judges a holder. `modified`: when its file was written, ms by the server's clock. */
  judge(holder: HolderRecord, modified: number): Liveness;
}

/** The processes of this machine. */
export const nodeProcesses: ProcessTable = { self: () => identifySelf(), judge: judgeProcess };

let self: HolderRecord | undefined;

function identifySelf(): HolderRecord {
  // Asked once: none of it changes while the process lives. Not at import, as most runs take no lock.
  self ??= {
    hostname: os.hostname(),
    pid: process.pid,
    ...bootId(),
    ...pidNamespace(),
    ...startTime(process.pid),
    command: process.argv.slice(1).join(' ').slice(0, 160) || process.title,
  };
  return self;
}

function judgeProcess(holder: HolderRecord, modified: number): Liveness {
  const { pid } = holder;
  if (pid === undefined) return { state: 'unknown', why: 'its record names no process' };
  const here = identifySelf();
  if (holder.bootId !== undefined && here.bootId !== undefined) {
    if (holder.bootId !== here.bootId) return { state: 'unknown', why: 'on another machine or an earlier boot' };
    if (holder.pidNamespace !== here.pidNamespace) return { state: 'unknown', why: 'in another container' };
  } else if (holder.hostname !== here.hostname) {
    return { state: 'unknown', why: 'on another host' };
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return { state: 'dead', why: 'its process is gone' };
    // EPERM: another user's process is still a process.
    if (errorCode(error) !== 'EPERM') return { state: 'unknown', why: 'its process can not be looked up' };
  }
  const status = processStatus(pid);
  if (status === undefined) return { state: 'alive', why: 'its process runs' };
  if (status.state === 'Z' || status.state === 'X') return { state: 'dead', why: 'its process has ended (zombie)' };
  if (holder.startTime !== undefined) {
    if (holder.startTime !== status.startTime)
      return { state: 'dead', why: `its process is gone and pid ${pid} is another` };
  } else if (startedAfter(status.startTime, holder, modified)) {
    return { state: 'dead', why: `its process is gone and pid ${pid} started later` };
  }
  return status.state === 'T'
    ? { state: 'alive', why: 'its process is stopped' }
    : { state: 'alive', why: 'its process runs' };
}

/**
 * Whether a process is younger than the record that names its pid. Both the holder's own stamp and the file's must say so by a wide margin: one of
 * them moves when a clock is set.
 */
function startedAfter(startTicks: number, holder: HolderRecord, modified: number): boolean {
  if (holder.timestamp === undefined) return false;
  const started = Date.now() - os.uptime() * 1000 + startTicks * 10;
  const margin = 10_000;
  return started > holder.timestamp * 1000 + margin && started > modified + margin;
}

function bootId(): { bootId?: string } {
  try {
    return { bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return {};
  }
}

function pidNamespace(): { pidNamespace?: string } {
  try {
    return { pidNamespace: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return {};
  }
}

function startTime(pid: number): { startTime?: number } {
  const status = processStatus(pid);
  return status === undefined ? {} : { startTime: status.startTime };
}

/** State letter and start time, in ticks since boot, from /proc/PID/stat (proc(5)); undefined where there is no /proc. */
function processStatus(pid: number): { state: string; startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command name may hold blanks and parentheses: fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const ticks = Number(fields[19]);
  return state === undefined || !Number.isFinite(ticks) ? undefined : { state, startTime: ticks };
}
