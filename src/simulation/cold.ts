/** Starts a simulation as a process of its own, from nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { runCommand } from '../process/run.ts';
import { Follower } from '../process/tail.ts';
import { withFreeCore } from './cores.ts';
import type { LaunchOptions, LaunchOutcome, TestEvent } from './launch.ts';
import type { PreparedSimulation } from './prepare.ts';
import { reportingCommand } from './python-users.ts';

/**
 * Runs a simulation cold.
 *
 * @param coldReason - Why it isn't warm, if the user would have had it so; the log begins with it.
 */
export async function launchCold(
  prepared: PreparedSimulation,
  { signal, onBegin, onTest }: LaunchOptions,
  coldReason?: string,
): Promise<LaunchOutcome> {
  const { plan, logFile, simulation, directory } = prepared;
  const common = { launch: 'cold', coldReason } as const;
  const reports =
    onTest &&
    new TestReports(join(directory, 'tests.jsonl'), (event) => {
      onTest(event, common);
    });
  try {
    const {
      exitCode,
      signal: endSignal,
      timedOut,
      aborted,
      wallTime,
    } = await withFreeCore(prepared, signal, async () => {
      onBegin?.();
      return runCommand(reports?.command(plan.command) ?? plan.command, {
        logFile,
        timeout: simulation.timeout,
        ...(coldReason === undefined ? {} : { logHeader: `mocha-cocotb: cold start: ${coldReason}\n` }),
        ...(signal === undefined ? {} : { signal }),
      });
    });
    return {
      ...common,
      state: 'ended',
      end: { exitCode, signal: endSignal, timedOut, aborted },
      wallTime,
      cpuTime: undefined,
      peakMemory: undefined,
    };
  } catch (error) {
    if (!(error instanceof CommandNotStarted)) throw error;
    return { ...common, state: 'not-started', message: error.message };
  } finally {
    await reports?.end();
  }
}

/** Follows the file into which a simulation writes each test's result as soon as it is known. */
class TestReports {
  readonly #file: string;
  readonly #onTest: (event: TestEvent) => void;
  readonly #stop = new AbortController();
  #following = Promise.resolve();
  #rest = '';

  constructor(file: string, onTest: (event: TestEvent) => void) {
    this.#file = file;
    this.#onTest = onTest;
  }

  command(command: Command): Command {
    writeFileSync(this.#file, '');
    this.#following = this.#follow();
    return reportingCommand(command, this.#file);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const follower = new Follower(this.#file, (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#onTest(JSON.parse(line) as TestEvent);
    });
    await follower.follow(followInterval, this.#stop.signal);
  }
}

/** How often the file is looked at, ms. */
const followInterval = 20;
