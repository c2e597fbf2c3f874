/** The one place that starts a command: by execa, announced to the guard. */
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Command } from './command.ts';
import { explainNotStarted } from './diagnose.ts';
import { announce, type Guarded } from './guard.ts';

export interface SpawnOptions {
  readonly stdin: 'ignore' | 'pipe' | 'inherit';
  /** A number is a file descriptor of this process. */
  readonly stdout: 'pipe' | 'inherit' | number;
  readonly stderr: 'pipe' | 'inherit' | number;
  readonly input?: string | undefined;
  /** Whether it leads a process group (and session) of its own. */
  readonly leader: boolean;
}

/** How a process ended. */
export interface Ending {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface SpawnedProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly guarded: Guarded;
  /** Settles as soon as the process is gone, whoever still has its pipes open; never rejects. */
  readonly ended: Promise<Ending>;
  /** Lets this process exit although that one still runs, or its pipes are open. */
  unref(): void;
}

/**
 * Starts a process.
 *
 * @throws CommandNotStarted
 */
export async function spawnCommand(command: Command, options: SpawnOptions): Promise<SpawnedProcess> {
  // Loading execa costs more than a small command: only who starts a process pays for it.
  const { execa } = await import('execa');
  const announcement = announce(options.leader);
  const [file, ...args] = command.argv;
  const subprocess = execa(file, args, {
    cwd: command.cwd,
    env: { ...command.env, ...announcement.env },
    extendEnv: false,
    detached: options.leader,
    // execa's own cleanup would reach the child only, and install signal handlers; the guard has the whole group.
    cleanup: false,
    reject: false,
    buffer: false,
    ...(options.input === undefined ? { stdin: options.stdin } : { input: options.input }),
    // execa hands on any descriptor, although its types name 3 to 9 only.
    stdout: options.stdout as 'pipe' | 'inherit' | 3,
    stderr: options.stderr as 'pipe' | 'inherit' | 3,
  });
  const { pid } = subprocess;
  if (pid === undefined) {
    announcement.cancel();
    throw await explainNotStarted(command, (await subprocess).cause);
  }
  const guarded = announcement.started(pid);
  const ended = new Promise<Ending>((resolve) => {
    subprocess.once('exit', (exitCode, signal) => {
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
    });
  });
  // execa's own promise waits for pipes that a grandchild may hold; `ended` does not, and reading is the caller's.
  void subprocess.catch(() => undefined);
  const { stdin, stdout, stderr } = subprocess;
  const unref = () => {
    subprocess.unref();
    for (const stream of [stdin, stdout, stderr]) if (stream instanceof Socket) stream.unref();
  };
  return { pid, stdin, stdout, stderr, guarded, ended, unref };
}
