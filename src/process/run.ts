/** Runs one command as the leader of its own process group and reports how it ended. */
import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.ts';
import { CommandNotStarted } from './errors.ts';
import { endGroup, signalGroup } from './group.ts';
import { limitMemory } from './memory-limit.ts';
import { spawnCommand, type SpawnedProcess } from './spawn.ts';
import { Follower, readTail, Tail } from './tail.ts';

export interface RunOptions {
  /** Where stdout and stderr go, in the order written: a file that is truncated first. Without it both are kept in memory only. */
  readonly logFile?: string;
  /** Text that the log file begins with. */
  readonly logHeader?: string;
  /** Called with each piece of output as it comes; with a log file, up to 50 ms later. */
  readonly onOutput?: (text: string) => void;
  /** Ends the whole group after so many ms: SIGTERM, and SIGKILL 2 s later for what is left. @defaultValue no limit */
  readonly timeout?: number;
  /** Ends the whole group when it fires, likewise. */
  readonly signal?: AbortSignal;
  /** Text for stdin. @defaultValue stdin is empty */
  readonly input?: string;
  /** Address space limit of the group's processes, each, in bytes. @defaultValue no limit */
  readonly memoryLimit?: number;
}

export interface CommandResult {
  readonly command: Command;
  /** Exit code, or undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Wall time, ms. */
  readonly wallTime: number;
  /** The last 64 KiB of the output, stdout and stderr as they came. */
  readonly tail: string;
  /** stdout alone, when no logFile was given; at most its first 64 MiB. */
  readonly stdout: string;
}

/** How often a log file is looked at for `onOutput`, ms. */
const followInterval = 50;

/** How long output that is still under way may take to arrive once the whole group is gone, ms. */
const drainLimit = 1000;

const stdoutLimit = 64 * 1024 * 1024;

/**
 * Runs a command to its end. Never rejects because of how the command ended. When the command itself has ended, whatever
 * it left behind in its process group is killed.
 *
 * @throws CommandNotStarted when the executable is missing or may not be executed, the working folder doesn't exist, the command line is too long,
 * or the log file can't be written.
 */
export async function runCommand(command: Command, options: RunOptions = {}): Promise<CommandResult> {
  const start = performance.now();
  if (options.signal?.aborted) {
    return {
      command,
      exitCode: undefined,
      signal: undefined,
      timedOut: false,
      aborted: true,
      wallTime: 0,
      tail: '',
      stdout: '',
    };
  }
  const started = options.memoryLimit === undefined ? command : await limitMemory(command, options.memoryLimit);
  const output =
    options.logFile === undefined
      ? await runIntoMemory(started, options)
      : await runIntoFile(command, started, options, options.logFile);
  return { command, ...output, wallTime: performance.now() - start };
}

type Outcome = Omit<CommandResult, 'command' | 'wallTime'>;

async function runIntoMemory(command: Command, options: RunOptions): Promise<Outcome> {
  const child = await spawnCommand(command, {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    input: options.input,
    leader: true,
  });
  const tail = new Tail();
  const stdout: Buffer[] = [];
  let kept = 0;
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const drained = streams.map((stream) =>
    readStream(stream, options.onOutput, (piece) => {
      tail.add(piece);
      if (stream !== child.stdout || kept >= stdoutLimit) return;
      stdout.push(piece.subarray(0, stdoutLimit - kept));
      kept += piece.length;
    }),
  );
  const ending = await superviseGroup(child, options);
  // Only a process that has left the group can still hold a pipe now, a daemon: it is not waited for.
  await Promise.race([Promise.all(drained), sleep(drainLimit, undefined, { ref: false })]);
  for (const stream of streams) stream.destroy();
  return { ...ending, tail: tail.toString(), stdout: Buffer.concat(stdout).toString() };
}

async function readStream(
  stream: Readable,
  onOutput: RunOptions['onOutput'],
  onPiece: (piece: Buffer) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  return new Promise((resolve) => {
    stream.on('data', (piece: Buffer) => {
      onPiece(piece);
      onOutput?.(decoder.decode(piece, { stream: true }));
    });
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}

async function runIntoFile(command: Command, started: Command, options: RunOptions, logFile: string): Promise<Outcome> {
  const log = await openLog(command, logFile);
  let child: SpawnedProcess;
  try {
    if (options.logHeader !== undefined) await log.appendFile(options.logHeader);
    // One descriptor for both, so that the file has them in the order in which they were written.
    child = await spawnCommand(started, {
      stdin: 'ignore',
      stdout: log.fd,
      stderr: log.fd,
      input: options.input,
      leader: true,
    });
  } finally {
    await log.close();
  }
  const stopFollowing = new AbortController();
  const following =
    options.onOutput && new Follower(logFile, options.onOutput).follow(followInterval, stopFollowing.signal);
  const ending = await superviseGroup(child, options);
  stopFollowing.abort();
  await following;
  return { ...ending, tail: await readTail(logFile), stdout: '' };
}

async function openLog(command: Command, logFile: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
  try {
    return await open(logFile, flags);
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    throw new CommandNotStarted(command, 'no-log-file', logFile, `its log file can't be written: ${seen}.`, error);
  }
}

/** Waits for the leader's end, ending the group when time is up or the caller aborts, and leaves nothing of the group behind. */
export async function superviseGroup(
  child: SpawnedProcess,
  options: Pick<RunOptions, 'timeout' | 'signal'>,
): Promise<Pick<CommandResult, 'exitCode' | 'signal' | 'timedOut' | 'aborted'>> {
  const { timeout, signal } = options;
  let cause: 'timeout' | 'abort' | undefined;
  let ending: Promise<void> | undefined;
  const end = (why: 'timeout' | 'abort') => {
    if (ending !== undefined) return;
    cause = why;
    ending = endGroup(child.pid);
  };
  const onAbort = () => end('abort');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const timer =
    timeout === undefined || timeout > longestTimer ? undefined : setTimeout(end, Math.max(0, timeout), 'timeout');
  try {
    const { exitCode, signal: endSignal } = await child.ended;
    clearTimeout(timer);
    // Processes that were told to end have their grace; ones that were merely left behind have none.
    await ending;
    signalGroup(child.pid, 'SIGKILL');
    return { exitCode, signal: endSignal, timedOut: cause === 'timeout', aborted: cause === 'abort' };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    child.guarded.release();
  }
}

/** The longest time that setTimeout takes (24.8 days), ms; a longer limit is none. */
export const longestTimer = 2 ** 31 - 1;
