/** Which run this process belongs to, and the base seed of all its tests. All workers of one mocha run share both. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { liveVariables, publishVariable, type Variables } from './variables.ts';

/** One run of mocha, whatever the number of its workers; under `--watch` each is one of its own. */
export interface RunIdentity {
  /** Names the run's folder below `sim_build/runs`. */
  readonly id: string;
  /** From which every test's seed is derived. COCOTB_RANDOM_SEED sets it. Under `--watch` it is the same for all runs. */
  readonly baseSeed: number;
}

const variableName = 'MOCHA_COCOTB_RUN_ID';

/** End of the id of a run that is not the first of its process. */
const repetition = /\.watch(\d+)$/;

/** The run of this process. The first process of a run makes it up and hands it to those that it starts. */
export function currentRun(variables: Variables = liveVariables()): RunIdentity {
  let id = variables[variableName];
  if (id === undefined || !/^[\w.-]+$/.test(id)) {
    id = variables['MOCHA_WORKER_ID'] === undefined ? newRunId() : runIdOfParent();
    publishVariable(variableName, id);
  }
  const customary = Number(variables['COCOTB_RANDOM_SEED']);
  const isGiven = Boolean(variables['COCOTB_RANDOM_SEED']) && Number.isSafeInteger(customary);
  return { id, baseSeed: isGiven ? customary : seedOfRun(id) };
}

/**
 * Begins the next run of mocha's process, for it and for the workers that it starts from now on; a worker runs one spec file after the other,
 * and stays in its run. The seed doesn't change: who mends a failing test wants to see the same values again.
 */
export function beginNextRun(variables: Variables = liveVariables()): void {
  if (variables['MOCHA_WORKER_ID'] !== undefined) return;
  const { id } = currentRun(variables);
  const count = Number(repetition.exec(id)?.[1] ?? 1);
  publishVariable(variableName, `${id.replace(repetition, '')}.watch${count + 1}`);
}

/** The run hardly ever changes, and is asked for several times a simulation. */
function seedOfRun(id: string): number {
  if (last?.id !== id) last = { id, seed: digest(id.replace(repetition, '')).readUInt32BE(0) % 2 ** 31 };
  return last.seed;
}

let last: { readonly id: string; readonly seed: number } | undefined;

function newRunId(): string {
  const now = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${now}-${randomBytes(3).toString('hex')}`;
}

/** A worker that mocha forked without our registration: its siblings have the same parent process. */
function runIdOfParent(): string {
  let started = '';
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    // Field 22, start time; the command name in field 2 may hold spaces and parentheses.
    started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc: the parent's pid alone still tells concurrent runs apart.
  }
  return `run-${digest(`${hostname()} ${process.ppid} ${started}`).toString('hex').slice(0, 12)}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
