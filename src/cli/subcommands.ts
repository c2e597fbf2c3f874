/** What each subcommand adds to the program. One module loads all: a start of mocha, which needs none, then finds what it does need in few files. */
import type { Command } from 'commander';
import { register as clean } from './clean.ts';
import { register as doctor } from './doctor.ts';
import { register as exec } from './exec.ts';
import { register as explain } from './explain.ts';
import { register as init } from './init.ts';
import { register as locks } from './locks.ts';
import { register as setup } from './setup.ts';

/** In the order in which the help lists them. */
export const subcommands = { setup, doctor, init, clean, explain, exec, locks } satisfies Readonly<
  Record<string, (program: Command) => void>
>;
