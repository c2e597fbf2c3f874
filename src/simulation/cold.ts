/** Starts a simulation as a process of its own, from nothing. */
import { CommandNotStarted } from '../process/errors.ts';
import { runCommand } from '../process/run.ts';
import type { LaunchOutcome } from './launch.ts';
import type { PreparedSimulation } from './prepare.ts';

/**
 * Runs a simulation cold.
 *
 * @param coldReason - Why it isn't warm, if the user would have had it so; the log begins with it.
 */
export async function launchCold(
  { plan, logFile, simulation }: PreparedSimulation,
  signal: AbortSignal | undefined,
  coldReason?: string,
): Promise<LaunchOutcome> {
  const common = { launch: 'cold', coldReason } as const;
  try {
    const {
      exitCode,
      signal: endSignal,
      timedOut,
      aborted,
    } = await runCommand(plan.command, {
      logFile,
      timeout: simulation.timeout,
      ...(coldReason === undefined ? {} : { logHeader: `mocha-cocotb: cold start: ${coldReason}\n` }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      ...common,
      state: 'ended',
      end: { exitCode, signal: endSignal, timedOut, aborted },
      cpuTime: undefined,
      peakMemory: undefined,
    };
  } catch (error) {
    if (!(error instanceof CommandNotStarted)) throw error;
    return { ...common, state: 'not-started', message: error.message };
  }
}
