/** Puts our own Python code (python/mocha_cocotb) into a simulation, as the first of cocotb's Python users. */
import { delimiter, dirname } from 'node:path';
import type { Command, Environment } from '../process/command.ts';
import { pythonFile } from '../package-folder.ts';
import { placementVariables, type Placement } from './placement.ts';

export interface WarmSettings {
  /** Folders of Python itself and of installed packages: what is in them doesn't change during a run. */
  readonly trusted: readonly string[];
  /** Modules to load before the fork. */
  readonly preload: readonly string[];
  /** Simulations that it runs at a time, and twice as many short ones; more wait at its door, so that a core never waits for us. */
  readonly jobs: number;
  /** How Python's memory is laid out. @defaultValue as usual */
  readonly placement?: Placement | undefined;
}

/** The cold start of a simulation, turned into that of a server of warm starts. */
export function warmCommand(command: Command, settings: WarmSettings, token: string): Command {
  // The dynamic linker then looks up each function once, in the server, instead of once in each of its forks.
  const { placement = null } = settings;
  const environment = { LD_BIND_NOW: '1', ...(placement && placementVariables(placement, command)) };
  return withUser(command, 'mocha_cocotb.warm:serve', { ...settings, placement, token }, environment);
}

/** The cold start of a simulation that writes each test's result to a file as soon as it is known. */
export function reportingCommand(command: Command, eventsFile: string): Command {
  return withUser(command, 'mocha_cocotb.events:start', { events: eventsFile });
}

/** The cold start of a simulation that writes the list of its tests to a file as JSON, and runs none. */
export function listingCommand(command: Command, listFile: string): Command {
  return withUser(command, 'mocha_cocotb.listing:start', { listing: listFile });
}

function withUser(command: Command, user: string, settings: object, more: Environment = {}): Command {
  const { PYTHONPATH = '' } = command.env;
  const ours = {
    ...more,
    PYTHONPATH: [dirname(pythonFile('mocha_cocotb')), PYTHONPATH].join(delimiter),
    PYGPI_USERS: user,
  };
  const restore = Object.fromEntries(Object.keys(ours).map((name) => [name, command.env[name] ?? null]));
  return {
    ...command,
    env: {
      ...command.env,
      ...ours,
      MOCHA_COCOTB_SETTINGS: JSON.stringify({ ...settings, restore }),
    },
  };
}
