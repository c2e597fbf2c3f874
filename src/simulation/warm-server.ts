/** One simulator that has loaded Python and cocotb and forks for each simulation: starting it, giving it jobs, hearing how they ended. */
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { environmentChange, type Command } from '../process/command.ts';
import { guardGroup, startCommand, type RunningCommand } from '../process/start.ts';
import { endGrace } from '../process/group.ts';
import { leaveCoresToSimulations, withFreeCore } from './cores.ts';
import { longestTimer } from '../process/run.ts';
import { decodeStatus, isReadEarly, type Message, type WarmJob, type WarmJobEnd } from './warm-protocol.ts';
import { withoutPlacement, type Placement } from './placement.ts';
import { warmCommand, type WarmSettings } from './python-users.ts';

interface RunningJob {
  readonly job: WarmJob;
  readonly settle: (end: WarmJobEnd) => void;
  guarded: { release(): void } | undefined;
  begun: boolean;
  /** Ends it when its time is up; undefined until it begins. */
  timer: NodeJS.Timeout | undefined;
  readonly onTimeout: () => void;
}

export interface ServerOptions {
  /** Whether the process ids it reports are of this machine. */
  readonly isLocal: boolean;
  /** Whether somebody waits until it is ready; else its worker may end before. */
  readonly isAwaited: boolean;
}

/** The end of a simulation that was aborted while it waited. */
const neverBegun: WarmJobEnd = {
  state: 'ended',
  exitCode: undefined,
  signal: undefined,
  timedOut: false,
  aborted: true,
  wallTime: 0,
  cpuTime: 0,
  peakMemory: 0,
};

/** How long a server may take to load Python and cocotb, ms. */
const readyLimit = 120_000;

export class WarmServer {
  /** Settles when the server can take jobs, with undefined, or never will, with the reason. */
  readonly ready: Promise<string | undefined>;
  /** Settles when a server that is started in its place would be faster, if ever. */
  readonly replaceable: Promise<void>;
  readonly #process: RunningCommand;
  readonly #baseEnv: Readonly<Record<string, string>>;
  readonly #placement: Placement | undefined;
  readonly #token: string;
  readonly #isLocal: boolean;
  readonly #isAwaited: boolean;
  readonly #jobs = new Map<number, RunningJob>();
  readonly #variables = new Set<string>();
  #settleReady: (refusal: string | undefined) => void = () => undefined;
  #settleReplaceable: () => void = () => undefined;
  #load = 0;
  #lastId = 0;
  #preamble: Buffer[] = [];
  #errors = '';
  #rest = '';
  #isTalking = false;
  #isGone = false;
  #isRetired = false;

  /**
   * @param command - Cold start of a simulation of the kind to serve, without what each simulation has for itself.
   * @throws CommandNotStarted
   */
  static async start(command: Command, settings: WarmSettings, options: ServerOptions): Promise<WarmServer> {
    const token = `mocha-cocotb ${randomBytes(12).toString('hex')}`;
    const started = await startCommand(warmCommand(command, settings, token));
    leaveCoresToSimulations();
    return new WarmServer(started, command.env, settings.placement, token, options);
  }

  private constructor(
    started: RunningCommand,
    env: Readonly<Record<string, string>>,
    placement: Placement | undefined,
    token: string,
    { isLocal, isAwaited }: ServerOptions,
  ) {
    this.#process = started;
    this.#baseEnv = env;
    this.#placement = placement;
    this.#token = token;
    this.#isLocal = isLocal;
    this.#isAwaited = isAwaited;
    const timer = setTimeout(() => {
      this.#settleReady(`the simulator was not ready for warm starts within ${readyLimit / 1000} s`);
      this.#process.kill();
    }, readyLimit);
    if (!isAwaited) timer.unref();
    this.ready = new Promise((resolve) => {
      this.#settleReady = resolve;
    });
    this.replaceable = new Promise((resolve) => {
      this.#settleReplaceable = resolve;
    });
    void this.ready.then(() => {
      clearTimeout(timer);
      this.#holdEventLoop();
    });
    started.stdout.on('data', (data: Buffer) => {
      this.#read(data);
    });
    started.stdout.on('close', () => {
      this.#end();
    });
    started.stderr.on('data', (data: Buffer) => {
      if (this.#errors.length < 65_536) this.#errors += data.toString();
    });
    started.unref();
    this.#holdEventLoop();
  }

  /** Simulations that it runs or that wait for it. */
  get load(): number {
    return this.#load;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether a simulation with this environment may be forked: all that was read before the fork is the same in it. */
  suits(env: Readonly<Record<string, string>>): boolean {
    const differs = (name: string) => env[name] !== this.#baseEnv[name];
    return (
      ![...this.#variables].some(differs) &&
      ![...Object.keys(env), ...Object.keys(this.#baseEnv)].some((name) => isReadEarly(name) && differs(name))
    );
  }

  /** Runs one simulation in a fork, as soon as this process may run one more. */
  async run(job: WarmJob): Promise<WarmJobEnd> {
    // Counted from here on: a server for which somebody waits is not idle.
    this.#load++;
    try {
      return await withFreeCore(this, job.signal, () => this.#fork(job));
    } finally {
      this.#load--;
      if (this.#isRetired) this.retire();
    }
  }

  async #fork(job: WarmJob): Promise<WarmJobEnd> {
    if (job.signal?.aborted) return neverBegun;
    if (this.#isGone) return { state: 'lost', begun: false };
    const id = ++this.#lastId;
    let cause: 'timeout' | 'abort' | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (why: 'timeout' | 'abort') => {
      if (cause !== undefined) return;
      cause = why;
      this.#signal(id, 'SIGTERM');
      this.#signal(id, 'SIGCONT');
      killTimer = setTimeout(() => {
        this.#signal(id, 'SIGKILL');
      }, endGrace);
    };
    const onAbort = () => {
      end('abort');
    };
    const onTimeout = () => {
      end('timeout');
    };
    const ended = new Promise<WarmJobEnd>((settle) => {
      this.#jobs.set(id, { job, settle, guarded: undefined, begun: false, timer: undefined, onTimeout });
    });
    this.#holdEventLoop();
    this.#send({
      op: 'run',
      id,
      log: job.log,
      cwd: job.cwd,
      args: job.args ?? null,
      modules: job.modules,
      events: job.onTest !== undefined,
      ...environmentChange(this.#baseEnv, job.env),
    });
    job.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const outcome = await ended;
      return outcome.state === 'ended'
        ? { ...outcome, timedOut: cause === 'timeout', aborted: cause === 'abort' }
        : outcome;
    } finally {
      clearTimeout(this.#jobs.get(id)?.timer);
      clearTimeout(killTimer);
      job.signal?.removeEventListener('abort', onAbort);
      this.#jobs.get(id)?.guarded?.release();
      this.#jobs.delete(id);
      this.#holdEventLoop();
    }
  }

  /** Ends the server as soon as it has nothing under way. */
  retire(): void {
    this.#isRetired = true;
    // Its id may be another's by now.
    if (this.#isGone) return;
    if (!this.#isTalking) this.#process.kill();
    else if (this.#load === 0) this.#process.stdin.end();
  }

  #signal(id: number, name: 'SIGTERM' | 'SIGCONT' | 'SIGKILL'): void {
    this.#send({ op: 'signal', id, signal: constants.signals[name] });
  }

  #send(message: object): void {
    if (!this.#isGone) this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #read(data: Buffer): void {
    if (this.#isTalking) {
      this.#readLines(data.toString());
      return;
    }
    this.#preamble.push(data);
    const all = Buffer.concat(this.#preamble);
    const magic = `\n${this.#token}\n`;
    const at = all.indexOf(magic);
    if (at < 0) return;
    this.#isTalking = true;
    const text = all.toString('utf8', 0, at) + (this.#errors.split(magic)[0] ?? '');
    this.#send({ op: 'preamble', text: this.#placement ? withoutPlacement(text, this.#placement) : text });
    this.#readLines(all.toString('utf8', at + magic.length));
  }

  #readLines(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      // A launcher may also print its environment, with the token in it.
      const at = line.indexOf(`${this.#token}{`);
      // The rest is a launcher's, dropped as the server's own output is.
      if (at >= 0) this.#hearText(line.slice(at + this.#token.length));
    }
  }

  #hearText(text: string): void {
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      // A launcher wrote into the middle of it. What it said would be waited for in vain: with the server gone, nobody waits.
      this.#process.kill();
      return;
    }
    this.#hear(message);
  }

  #hear(message: Message): void {
    if (message.event === 'ready' || message.event === 'learned') {
      for (const name of message.variables) this.#variables.add(name);
      if (message.event === 'ready') this.#settleReady(message.refusal ?? undefined);
      return;
    }
    if (message.event === 'replaceable') {
      this.#settleReplaceable();
      return;
    }
    const running = this.#jobs.get(message.id);
    if (running === undefined) return;
    switch (message.event) {
      case 'started':
        running.begun = true;
        if (running.job.timeout <= longestTimer) {
          running.timer = setTimeout(running.onTimeout, running.job.timeout);
        }
        running.job.onBegin?.();
        if (this.#isLocal) running.guarded = guardGroup(message.pid);
        break;
      case 'test':
        running.job.onTest?.(message);
        break;
      case 'held':
        clearTimeout(running.timer);
        break;
      case 'stale':
        running.settle({ state: 'stale', file: message.file });
        break;
      case 'unsuited':
        running.settle({ state: 'unsuited' });
        break;
      case 'refused':
        running.settle({ state: 'refused', reason: message.reason });
        break;
      case 'ended':
        running.settle({
          state: 'ended',
          ...decodeStatus(message.status),
          timedOut: false,
          aborted: false,
          wallTime: message.wall,
          cpuTime: message.cpu,
          peakMemory: message.memory,
        });
    }
  }

  #end(): void {
    this.#isGone = true;
    const last = (this.#errors || Buffer.concat(this.#preamble).toString()).trim().split('\n').at(-1) ?? '';
    this.#settleReady(`the simulator ended before it was ready for warm starts${last === '' ? '' : `: ${last}`}`);
    for (const { settle, begun } of this.#jobs.values()) settle({ state: 'lost', begun });
  }

  /** A server without work must not keep its worker alive. */
  #holdEventLoop(): void {
    const { stdout } = this.#process;
    if (!(stdout instanceof Socket)) return;
    if (this.#jobs.size > 0 || (this.#isAwaited && !this.#isTalking)) stdout.ref();
    else stdout.unref();
  }
}
