/** What an interpreter says of itself and of cocotb, asked once and remembered until its files change. */
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../options/variables.ts';
import { toEnvironment } from '../process/command.ts';
import { runCommand, type CommandResult } from '../process/run.ts';
import { pythonFile } from '../package-folder.ts';
import { areUnchanged, digest, recall, remember, stampOf, userCacheFolder } from './remembered.ts';

/** The answer of python/facts.py. */
export interface PythonFacts {
  readonly executable: string;
  readonly version: string;
  readonly prefix: string;
  readonly sysPath: readonly string[];
  readonly identity: string;
  readonly cocotb:
    | undefined
    | {
        readonly version: string;
        /** Absent before cocotb 2.1. */
        readonly interface?: CocotbInterface;
      };
  /** Why cocotb is installed but can't be imported. */
  readonly cocotbError: string | undefined;
  readonly verilator: { readonly root: string; readonly version: string } | undefined;
}

export interface CocotbInterface {
  readonly libpython: string | undefined;
  readonly libsDir: string;
  readonly shareDir: string;
  readonly pygpiEntryPoint: string;
  readonly libEntries: Readonly<Record<string, string>>;
}

/** An interpreter that did not answer: what was seen. */
export interface NoAnswer {
  readonly problem: string;
}

/** How long an interpreter may take to import cocotb and answer, ms; file servers can be slow. */
const answerLimit = 120_000;

/** What an interpreter said the last time, if nothing changed since. */
export function recallFacts(interpreter: string, variables: Variables): PythonFacts | undefined {
  if (isScript(interpreter)) return undefined;
  const { folder, key } = memoryOf(interpreter, variables);
  const remembered = recall(folder, key) as { stamps: Record<string, string>; facts: PythonFacts } | undefined;
  return remembered?.stamps && areUnchanged(remembered.stamps) ? remembered.facts : undefined;
}

/** Asks an interpreter, or its memory: no process is started when nothing changed since the last time. */
export async function askPython(interpreter: string, variables: Variables): Promise<PythonFacts | NoAnswer> {
  const started = await resolveWrapper(interpreter, variables);
  if (typeof started !== 'string') return started;
  const remembered = recallFacts(started, variables);
  if (remembered !== undefined) return remembered;

  const result = await runPython([started, pythonFile('facts.py')], variables);
  if ('problem' in result) return result;
  const answer = parseAnswer(result.stdout);
  if (answer === undefined) return { problem: `${started} gave no answer${describeEnd(result)}` };
  const { watched, facts } = answer;
  const { folder, key } = memoryOf(started, variables);
  await remember(folder, key, { stamps: watched, facts });
  return facts;
}

function memoryOf(interpreter: string, variables: Variables): { readonly folder: string; readonly key: string } {
  // Python's own variables change where it looks for packages.
  const pythonVariables = Object.entries(variables).filter(([name]) => name.startsWith('PYTHON'));
  const key = digest([interpreter, pythonVariables.sort(), stampOf(pythonFile('facts.py'))]);
  return { folder: path.join(userCacheFolder(variables), 'python'), key };
}

/**
 * A script in place of an interpreter (pyenv's and asdf's shims) decides anew at each start which one it means, by the working folder and variables;
 * so it is asked each time, and only what it names is remembered.
 */
async function resolveWrapper(interpreter: string, variables: Variables): Promise<string | NoAnswer> {
  if (!isScript(interpreter)) return interpreter;
  const result = await runPython([interpreter, '-IS', '-c', 'import sys; print(sys.executable)'], variables);
  if ('problem' in result) return result;
  const executable = result.stdout.trim();
  if (result.exitCode === 0 && path.isAbsolute(executable)) return executable;
  return { problem: `${interpreter} is a script that started no Python${describeEnd(result)}` };
}

function isScript(interpreter: string): boolean {
  let file: number;
  try {
    file = openSync(interpreter, 'r');
  } catch {
    // One that may be executed but not read is no script: a script must be read to be run.
    return false;
  }
  try {
    const head = Buffer.alloc(2);
    readSync(file, head, 0, 2, 0);
    return head.toString() === '#!';
  } finally {
    closeSync(file);
  }
}

async function runPython(argv: [string, ...string[]], variables: Variables): Promise<CommandResult | NoAnswer> {
  const env = toEnvironment(variables);
  try {
    return await runCommand({ argv, cwd: process.cwd(), env }, { timeout: answerLimit });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** `watched` are the stamps of the files on which the answer depends, from before it was looked for. */
function parseAnswer(stdout: string): { watched: Record<string, string>; facts: PythonFacts } | undefined {
  // sitecustomize may print before the script has taken stdout for itself.
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const raw = answer as unknown as Omit<PythonFacts, 'cocotb' | 'cocotbError' | 'verilator'> & {
    readonly watched: Record<string, string>;
    readonly cocotb:
      null | ({ version: string } & Partial<Omit<CocotbInterface, 'libpython'>> & { libpython?: string | null });
    readonly cocotbError: string | null;
    readonly verilator: { root: string; version: string } | null;
  };
  const { watched, cocotb, cocotbError, verilator, ...rest } = raw;
  return {
    watched,
    facts: {
      ...rest,
      cocotb: cocotb === null ? undefined : toCocotb(cocotb),
      cocotbError: cocotbError ?? undefined,
      verilator: verilator ?? undefined,
    },
  };
}

function toCocotb(
  raw: { version: string } & Partial<Omit<CocotbInterface, 'libpython'>> & { libpython?: string | null },
) {
  const { version, libpython, libsDir, shareDir, pygpiEntryPoint, libEntries } = raw;
  if (!libsDir || !shareDir || !pygpiEntryPoint || !libEntries) return { version };
  return { version, interface: { libpython: libpython ?? undefined, libsDir, shareDir, pygpiEntryPoint, libEntries } };
}

function describeEnd(result: CommandResult): string {
  if (result.timedOut) return ` in ${answerLimit / 1000} s`;
  const how = result.signal === undefined ? `exit code ${String(result.exitCode)}` : `ended by ${result.signal}`;
  const said = result.tail.trim().split('\n').slice(-3).join(' / ');
  return ` (${how}${said === '' ? '' : `: ${said}`})`;
}
