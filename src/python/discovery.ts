/** Which cocotb tests a Python module has, without a simulation where that is possible. */
import { mkdir } from 'node:fs/promises';
import { OptionError } from '../options/option-error.ts';
import { readVariables, type Variables } from '../options/variables.ts';
import { toEnvironment } from '../process/command.ts';
import { askServer, type Answer, type FoundTest } from './discovery-server.ts';
import { DiscoveryFailed } from './errors.ts';
import type { PythonEnvironment } from './environment.ts';
import { holdPythonEnvironment } from './hold.ts';
import { announceLongWork } from '../process/long-work.ts';
import { pythonFile } from '../package-folder.ts';
import { digestImportFolders, isCurrent, recordInputs, type RecordedInputs } from './read-inputs.ts';
import { digest, recall, remember, stampOf } from './remembered.ts';

export interface DiscoveredTest extends Omit<FoundTest, 'doc'> {
  readonly doc: string | undefined;
}

export interface DiscoveryRequest {
  readonly modules: readonly string[];
  /** Regular expression over full names as Python's re reads it: only tests that match are found. @defaultValue all */
  readonly testFilter?: string;
  /** Absolute folders put in front of sys.path. */
  readonly pythonPath: readonly string[];
  /** Environment variables that the modules may read at import (extraEnv of the run and the toplevel). */
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Folder in which what was found is remembered, by the content of the Python files read. */
  readonly cacheFolder: string;
  /** Working folder of the import, first on sys.path as in a simulation. @defaultValue cacheFolder, which like a run folder holds no modules */
  readonly cwd?: string;
  /** @defaultValue 120_000 ms */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** `needs-simulation`: the module reads simulator objects at import; the caller lists its tests inside a simulation (COCOTB_LIST_TESTS-like). */
export type Discovery =
  | { readonly state: 'found'; readonly tests: readonly DiscoveredTest[] }
  | { readonly state: 'needs-simulation'; readonly reason: string };

/**
 * The tests in the order in which cocotb runs them. What the modules read while they were imported is watched: files and
 * folders by content, environment variables by value. While none of it changes, no process is started.
 *
 * Only a missing module, a syntax error, an unknown name or an import that finds no such name in a module is taken for an error of
 * the module itself. Whatever else goes wrong at import may come of something that only a simulation has (its objects, its
 * working folder, its variables), and is left to a simulation to tell.
 *
 * @throws DiscoveryFailed with the Python traceback when a module is missing or its import fails for a reason that a simulation would not cure, or takes
 * longer than the time limit. @throws OptionError when `testFilter` is no regular expression of Python's.
 */
export async function discoverTests(python: PythonEnvironment, request: DiscoveryRequest): Promise<Discovery> {
  const remembered = recallTests(python, request);
  if (remembered !== undefined) return remembered;

  await holdPythonEnvironment(python, request.signal);
  const variables = variablesOf(request);
  // Before the listing, for it may be in a folder of modules.
  const cwd = request.cwd ?? request.cacheFolder;
  await mkdir(cwd, { recursive: true });
  const importFolders = digestImportFolders(request.pythonPath);
  const answer = await runDiscovery(python, request, { variables, cwd });
  if (answer.state === 'failed') {
    throw new DiscoveryFailed(answer.module, answer.error, answer.traceback, request.pythonPath);
  }
  if (answer.state === 'wrong-filter') {
    const expected = `a regular expression of Python's re (${answer.error})`;
    throw new OptionError([{ option: 'testFilter', expected, received: request.testFilter }]);
  }
  const discovery = toDiscovery(answer);
  const inputs = recordInputs(answer.reads, importFolders, variables);
  if (inputs !== undefined)
    await remember(request.cacheFolder, keyOf(python, request), { inputs, discovery } satisfies Remembered);
  return discovery;
}

/** What an earlier discovery found, if nothing that it read changed; synchronous. */
export function recallTests(python: PythonEnvironment, request: DiscoveryRequest): Discovery | undefined {
  const remembered = recall(request.cacheFolder, keyOf(python, request)) as Remembered | undefined;
  return remembered?.inputs && isCurrent(remembered.inputs, variablesOf(request)) ? remembered.discovery : undefined;
}

function keyOf(python: PythonEnvironment, { modules, testFilter, pythonPath, cwd }: DiscoveryRequest): string {
  return digest([modules, testFilter, pythonPath, cwd, python.identity, stampOf(pythonFile('discover.py'))]);
}

function variablesOf({ extraEnv }: DiscoveryRequest): Variables {
  return { ...readVariables(), ...extraEnv };
}

interface Remembered {
  readonly inputs: RecordedInputs;
  readonly discovery: Discovery;
}

const defaultTimeout = 120_000;

async function runDiscovery(
  python: PythonEnvironment,
  request: DiscoveryRequest,
  { variables, cwd }: { readonly variables: Variables; readonly cwd: string },
): Promise<Answer> {
  const { modules, testFilter = null, pythonPath, timeout = defaultTimeout, signal } = request;
  const { sysPath } = python;
  const endNotice = announceLongWork(`importing ${modules.join(', ')}`);
  const reply = await askServer(
    python,
    { modules, testFilter, pythonPath, sysPath, cwd, env: toEnvironment(variables), timeout },
    signal,
  ).finally(endNotice);
  if (reply.state === 'answered') return reply.answer;
  const error =
    reply.state === 'timed-out'
      ? `importing it took longer than ${timeout / 1000} s`
      : `Python ended without an answer (${reply.ending})`;
  throw new DiscoveryFailed(modules.join(', '), error, reply.output, pythonPath);
}

function toDiscovery(answer: Exclude<Answer, { state: 'failed' | 'wrong-filter' }>): Discovery {
  if (answer.state === 'needs-simulation') return { state: 'needs-simulation', reason: answer.reason };
  return { state: 'found', tests: answer.tests.map((test) => ({ ...test, doc: test.doc ?? undefined })) };
}
