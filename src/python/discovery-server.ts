/** A Python process that has loaded cocotb and forks for each discovery; its other side is python/discovery_server.py. */
import { Socket } from 'node:net';
import { readVariables } from '../options/variables.ts';
import { pythonFile } from '../package-folder.ts';
import { environmentChange, toEnvironment, type Environment } from '../process/command.ts';
import { startCommand, type RunningCommand } from '../process/start.ts';
import { Tail } from '../process/tail.ts';
import type { PythonEnvironment } from './environment.ts';
import type { Reads } from './read-inputs.ts';

/** What a fork is to import, and how. */
export interface ServerRequest {
  readonly modules: readonly string[];
  /** Python regular expression over full names; null for all. */
  readonly testFilter: string | null;
  readonly pythonPath: readonly string[];
  readonly sysPath: readonly string[];
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Environment;
  /** ms */
  readonly timeout: number;
}

/** What it found. */
export type Answer = { readonly reads: Reads } & (
  | { readonly state: 'found'; readonly tests: readonly FoundTest[] }
  | { readonly state: 'needs-simulation'; readonly reason: string }
  | { readonly state: 'wrong-filter'; readonly error: string }
  | { readonly state: 'failed'; readonly module: string; readonly error: string; readonly traceback: string }
);

export interface FoundTest {
  /** Module that defines it, which is not the requested one when that imports the test from elsewhere. */
  readonly module: string;
  /** Name as cocotb reports it in results.xml, with the case of a parametrized test, such as `adds/width=8`. */
  readonly name: string;
  /** `module.name`: what COCOTB_TEST_FILTER is matched against. */
  readonly fullName: string;
  readonly file: string;
  readonly line: number;
  readonly skip: boolean;
  /** Expected to fail or to raise an error. */
  readonly expectFail: boolean;
  readonly doc: string | null;
  readonly stage: number;
}

/** What came of a request; `output` is the end of what was printed. */
export type Reply =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'timed-out'; readonly output: string }
  | { readonly state: 'ended'; readonly ending: string; readonly output: string };

/** The servers of this process, by interpreter; they end with it. */
const servers = new Map<string, DiscoveryServer>();

/**
 * Has an interpreter's server answer, which is started by the first request.
 *
 * @param signal - Ends the server, and with it what it is at.
 * @throws CommandNotStarted
 */
export async function askServer(
  { python, identity }: Pick<PythonEnvironment, 'python' | 'identity'>,
  request: ServerRequest,
  signal?: AbortSignal,
): Promise<Reply> {
  const key = JSON.stringify([python, identity]);
  const server = servers.get(key) ?? new DiscoveryServer(python);
  servers.set(key, server);
  return server.ask(request, signal);
}

interface Running {
  readonly process: RunningCommand;
  readonly baseEnv: Environment;
  readonly lines: AsyncIterator<string>;
  readonly errors: Tail;
}

class DiscoveryServer {
  readonly #python: string;
  #running: Promise<Running> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(python: string) {
    this.#python = python;
  }

  /** One request at a time. */
  ask(request: ServerRequest, signal: AbortSignal | undefined): Promise<Reply> {
    const reply = this.#turn.then(() => this.#ask(request, signal));
    this.#turn = reply.catch(() => undefined);
    return reply;
  }

  async #ask({ env, ...request }: ServerRequest, signal: AbortSignal | undefined): Promise<Reply> {
    signal?.throwIfAborted();
    this.#running ??= this.#start();
    let reply: Reply | undefined;
    try {
      const running = await this.#running;
      const { process } = running;
      const end = () => process.kill();
      signal?.addEventListener('abort', end, { once: true });
      holdEventLoop(process, true);
      process.stdin.write(`${JSON.stringify({ ...request, ...environmentChange(running.baseEnv, env) })}\n`);
      const line = await running.lines.next();
      holdEventLoop(process, false);
      signal?.removeEventListener('abort', end);
      signal?.throwIfAborted();
      if (line.done !== true) return (reply = JSON.parse(line.value) as Reply);
      const { signal: endSignal, exitCode } = await process.result;
      return {
        state: 'ended',
        ending: endSignal ?? `exit code ${String(exitCode)}`,
        output: running.errors.toString(),
      };
    } finally {
      // It ends itself when time is up.
      if (reply === undefined || reply.state === 'timed-out') this.#running = undefined;
    }
  }

  async #start(): Promise<Running> {
    // Only who asks a server pays for it.
    const { createInterface } = await import('node:readline');
    const baseEnv = toEnvironment(readVariables());
    const process = await startCommand({
      argv: [this.#python, pythonFile('discovery_server.py')],
      cwd: '/',
      env: baseEnv,
    });
    process.unref();
    const errors = new Tail();
    process.stderr.on('data', (piece: Buffer) => errors.add(piece));
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    return { process, baseEnv, lines, errors };
  }
}

/** An idle server must not keep this process alive. */
function holdEventLoop({ stdout }: RunningCommand, isHeld: boolean): void {
  if (!(stdout instanceof Socket)) return;
  if (isHeld) stdout.ref();
  else stdout.unref();
}
