/** Starts a simulation as a fork of a server, where that is safe. */
import { dirname } from 'node:path';
import type { Command } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { shareOfCores } from './cores.ts';
import type { LaunchOptions, LaunchOutcome } from './launch.ts';
import type { PreparedSimulation } from './prepare.ts';
import { dropServer, findServer, refuseServers, type ServerRequest } from './warm-pool.ts';

/** Why a simulation can't be started warm, as far as that is known beforehand; undefined if it can. */
export function whyNotWarm({ build, simulation, plan, directory }: PreparedSimulation): string | undefined {
  const { simulator, python } = build;
  const { warm } = simulator.capabilities;
  const { argv, env } = plan.command;
  if (process.platform !== 'linux')
    return `forking a simulator is tried on Linux only, and this is ${process.platform}`;
  if (warm === undefined) return `a ${simulator.name} simulation can't be forked`;
  if (simulation.gui) return 'it has a graphical interface';
  if (!isAtLeast(python.cocotbVersion, [2, 1])) return `cocotb ${python.cocotbVersion} is older than 2.1`;
  if (!isAtLeast(python.version, [3, 9])) return `Python ${python.version} is older than 3.9`;
  for (const { argument, reason } of warm.actsEarly) {
    const early = argv.slice(simulation.launcher.length).find((candidate) => argument.test(candidate));
    if (early !== undefined) return `${simulator.name} is given ${early}: ${reason}`;
  }
  const variable = spoilers.find((name) => ![undefined, '', '0'].includes(env[name]));
  if (variable !== undefined) return `${variable} is set`;
  if (warm.plusargs === 'per-server' && argv.some((argument) => argument.includes(directory))) {
    return `its command line names its run folder, and ${simulator.name} can't be given another one in a fork`;
  }
  return undefined;
}

/** Variables that act while Python and cocotb are loaded, or want a person at the terminal. */
const spoilers = ['COCOTB_ATTACH', 'COCOTB_LIBRARY_COVERAGE', 'COCOTB_PDB_ON_EXCEPTION'];

/** Runs a simulation warm; a refusal says why it must start cold, and then it has not begun. */
export async function launchWarm(
  prepared: PreparedSimulation,
  { signal, onBegin, onTest }: LaunchOptions,
): Promise<LaunchOutcome | { readonly state: 'refused'; readonly reason: string }> {
  const { simulation, plan, logFile } = prepared;
  const request = serverRequest(prepared);
  const { env, cwd, argv } = plan.command;
  let hasOneDied = false;
  for (;;) {
    let server;
    try {
      server = await findServer(request);
    } catch (error) {
      if (!(error instanceof CommandNotStarted)) throw error;
      return { state: 'not-started', launch: 'warm', coldReason: undefined, message: error.message };
    }
    if ('refusal' in server) return { state: 'refused', reason: server.refusal };
    const end = await server.run({
      log: logFile,
      cwd,
      args: hasOwnArguments(prepared) ? argv.slice(simulation.launcher.length) : undefined,
      modules: simulation.testModules.join(','),
      env,
      timeout: simulation.timeout,
      signal,
      onBegin,
      onTest:
        onTest &&
        ((event) => {
          onTest(event, { launch: 'warm', coldReason: undefined });
        }),
    });
    switch (end.state) {
      case 'stale':
        dropServer(server);
        continue;
      case 'unsuited':
        // Now it is known what was read: another server is found.
        continue;
      case 'refused':
        return {
          state: 'not-started',
          launch: 'warm',
          coldReason: undefined,
          message: `Simulation in ${cwd} not started: ${end.reason}.`,
        };
      case 'lost':
        dropServer(server);
        if (!end.begun && !hasOneDied) {
          hasOneDied = true;
          continue;
        }
        if (!end.begun) {
          const reason = 'two servers of warm starts died before they began a simulation';
          refuseServers(request, reason);
          return { state: 'refused', reason };
        }
        return {
          state: 'ended',
          launch: 'warm',
          coldReason: undefined,
          end: { exitCode: undefined, signal: 'SIGKILL', timedOut: false, aborted: false },
          wallTime: undefined,
          cpuTime: undefined,
          peakMemory: undefined,
        };
      case 'ended':
        return {
          state: 'ended',
          launch: 'warm',
          coldReason: undefined,
          end,
          wallTime: end.wallTime,
          cpuTime: end.cpuTime,
          peakMemory: end.peakMemory,
        };
    }
  }
}

function serverRequest(prepared: PreparedSimulation): ServerRequest {
  const { build, simulation, plan, directory } = prepared;
  const { launcher, preload } = simulation;
  const argv = hasOwnArguments(prepared) ? withoutOwnArguments(plan.command.argv) : plan.command.argv;
  // pytest looks for its configuration from here upwards, before the fork; the run folder itself is new and empty.
  const cwd = simulation.testDir ?? dirname(directory);
  const command: Command = { argv, cwd, env: plan.command.env };
  return {
    key: JSON.stringify([build.directory, argv, cwd, preload, build.python.identity]),
    command,
    settings: { trusted: build.python.sysPath, preload, jobs: shareOfCores() },
    isLocal: launcher.length === 0,
    python: build.python,
  };
}

function hasOwnArguments({ build }: PreparedSimulation): boolean {
  return build.simulator.capabilities.warm?.plusargs === 'per-child';
}

/** Plusargs are the child's own, but for those that act while the model is made. */
function withoutOwnArguments([program, ...rest]: Command['argv']): Command['argv'] {
  const isOwn = (argument: string) =>
    argument.startsWith('+') && (!argument.startsWith('+verilator+') || /^\+verilator\+(seed|coverage)/.test(argument));
  return [program, ...rest.filter((argument) => !isOwn(argument))];
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
