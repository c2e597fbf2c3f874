/** Runs a command and measures it with all its descendants: wall and CPU time, memory, processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

export interface MeasuredCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Measurement {
  /** ms */
  readonly wall: number;
  /** User and system time of all descendants, ms. */
  readonly cpu: number;
  /** Bytes: the tree's proportional set size at its peak, sampled five times a second. */
  readonly peakMemory: number;
  /** Processes started, the command itself included; null where the kernel doesn't tell (it does root on Linux). */
  readonly processes: number | null;
  /** Executables started, by name; null likewise. */
  readonly programs: Readonly<Record<string, number>> | null;
  /** Processes that were still there 5 s after the command's end, and were killed. */
  readonly leftRunning: number;
}

/** When each process was forked and when it ended, by pid: ns of the machine's monotonic clock. Null where the kernel doesn't tell. */
export type Lifetimes = Readonly<Record<string, readonly [fork: number, exit: number]>> | null;

export interface Measured {
  readonly measurement: Measurement;
  /** stdout and stderr. */
  readonly log: string;
  readonly lifetimes: Lifetimes;
}

/** A command that did not do what is to be measured. */
export class CommandFailed extends Error {
  readonly log: string;

  constructor(command: MeasuredCommand, what: string, log: string) {
    const end = log.trimEnd().split('\n').slice(-40).join('\n');
    super(`${what}: ${command.argv.join(' ')}\nin ${command.cwd}\n${end}`);
    this.name = 'CommandFailed';
    this.log = log;
  }
}

/**
 * Runs and measures a command; its output is returned, too.
 *
 * @throws CommandFailed unless it exits with 0.
 */
export async function measure(command: MeasuredCommand): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'measure-'));
  try {
    const result = path.join(folder, 'result.json');
    const logFile = path.join(folder, 'log');
    await execa('python3', [path.join(import.meta.dirname, 'measure.py'), result, logFile, '--', ...command.argv], {
      cwd: command.cwd,
      env: command.env,
      extendEnv: false,
    });
    const { exitCode, lifetimes, ...measurement } = JSON.parse(await readFile(result, 'utf8')) as Measurement & {
      readonly exitCode: number;
      readonly lifetimes: Lifetimes;
    };
    const log = await readFile(logFile, 'utf8');
    if (exitCode !== 0) throw new CommandFailed(command, `Exit code ${exitCode}`, log);
    return { measurement, log, lifetimes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How often a simulator's front end read a design; it may have found that nothing changed. */
export function compilesOf({ programs }: Measurement): number | null {
  return programs && (programs['verilator_bin'] ?? 0) + (programs['ivl'] ?? 0);
}

/** How many C++ files were compiled. */
export function cppFilesOf({ programs }: Measurement): number | null {
  return programs && (programs['cc1plus'] ?? 0);
}
