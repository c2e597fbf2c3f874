/** Finds the programs that a simulator needs, and asks each for its version once. */
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../options/variables.ts';
import { toEnvironment, type Environment } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import { runCommand } from '../process/run.ts';
import { findOnPath } from '../python/places.ts';
import { digest, recall, remember, userCacheFolder } from '../python/remembered.ts';
import { isAtLeast } from '../python/version.ts';
import type { Tool, Toolchain, ToolQuestion } from '../simulators/simulator.ts';
import { ToolNotFound, ToolTooOld } from './errors.ts';
import { stampOf } from './file-stats.ts';

export interface FindToolsOptions {
  readonly variables: Variables;
  /** Folder that relative paths are relative to, and in which versions are asked. */
  readonly cwd: string;
  /** @defaultValue `tools` in the user's cache folder */
  readonly cacheFolder?: string;
}

/** How long a program may take to say its version, ms. */
const answerTimeout = 60_000;

/**
 * The toolchain that answers the questions. What a program said of itself is remembered by its path, size and times, so that
 * no process is started for one that is known. A script that starts one program today and another tomorrow is not seen through.
 *
 * @throws ToolNotFound, ToolTooOld
 */
export async function findTools(questions: readonly ToolQuestion[], options: FindToolsOptions): Promise<Toolchain> {
  const tools = await Promise.all(questions.map((question) => findTool(question, options)));
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]));
}

/** The tool that answers one question; as `findTools`. */
export async function findTool(question: ToolQuestion, options: FindToolsOptions): Promise<Tool> {
  const looked: string[] = [];
  const tooOld: string[] = [];
  for (const candidate of question.candidates) {
    const { origin } = candidate;
    const asked = await askCandidate(question, candidate, options);
    if ('problem' in asked) {
      looked.push(origin === 'path' ? asked.problem : `${describeOrigin(origin)}: ${asked.problem}`);
    } else if (question.minimum !== undefined && !isAtLeast(asked.tool.version, question.minimum.version)) {
      tooOld.push(`${asked.tool.argv.join(' ')} (${describeOrigin(origin)}) is version ${asked.tool.version}`);
    } else {
      return asked.tool;
    }
    // Who names a tool wants that one and no other.
    if (origin === 'option' || origin === 'variable') break;
  }
  if (tooOld.length > 0 && question.minimum !== undefined) {
    throw new ToolTooOld(question.name, tooOld, question.minimum, question.mend);
  }
  throw new ToolNotFound(question.name, looked, question.mend);
}

/** Where a tool was found, for people. */
export function describeOrigin(origin: Tool['origin']): string {
  const places = { option: 'option', variable: 'environment variable', path: 'PATH', python: 'Python package' };
  return places[origin];
}

async function askCandidate(
  question: ToolQuestion,
  candidate: ToolQuestion['candidates'][number],
  { variables, cwd, cacheFolder = path.join(userCacheFolder(variables), 'tools') }: FindToolsOptions,
): Promise<{ readonly tool: Tool } | { readonly problem: string }> {
  const [name, ...rest] = candidate.argv;
  const executable = name.includes('/') ? path.resolve(cwd, name) : findOnPath(name, variables);
  if (executable === undefined) return { problem: `${name} is not on PATH` };
  const argv: [string, ...string[]] = [executable, ...rest];
  const files = argv.filter((word) => path.isAbsolute(word));
  const stamps: string[] = [];
  for (const file of files) {
    const stamp = readStamp(file);
    if (stamp === undefined) return { problem: `${file} does not exist` };
    stamps.push(stamp);
  }
  const key = digest([argv, candidate.env, question.versionArgs, stamps]);
  const answer =
    readAnswer(await recall(cacheFolder, key)) ??
    (await ask(argv, question.versionArgs, candidate.env, cwd, variables));
  if ('problem' in answer) return answer;
  const version = question.parseVersion(answer.text);
  if (version === undefined) {
    return {
      problem: `${argv.join(' ')} answers ${JSON.stringify(answer.text.slice(0, 200))}, which is not ${question.name}'s`,
    };
  }
  if (answer.isNew) {
    const contents = await Promise.all(files.map(digestFile));
    answer.contents = digest([answer.text, contents]);
    await remember(cacheFolder, key, { text: answer.text, contents: answer.contents });
  }
  const { contents: identity } = answer;
  return { tool: { name: question.name, argv, version, origin: candidate.origin, env: candidate.env, identity } };
}

interface Answer {
  /** What the program printed. */
  readonly text: string;
  /** Digest of that and of the program's files: the same for the same program in another place. */
  contents: string;
  readonly isNew: boolean;
}

function readAnswer(record: unknown): Answer | undefined {
  const { text, contents } = (record ?? {}) as { text?: unknown; contents?: unknown };
  return typeof text === 'string' && typeof contents === 'string' ? { text, contents, isNew: false } : undefined;
}

async function ask(
  argv: readonly [string, ...string[]],
  versionArgs: readonly string[],
  own: Environment,
  cwd: string,
  variables: Variables,
): Promise<Answer | { readonly problem: string }> {
  const command = {
    argv: [...argv, ...versionArgs] as [string, ...string[]],
    cwd,
    env: { ...toEnvironment(variables), ...own },
  };
  try {
    const result = await runCommand(command, { timeout: answerTimeout });
    if (result.timedOut)
      return { problem: `${command.argv.join(' ')} did not answer within ${answerTimeout / 1000} s` };
    return { text: result.tail, contents: '', isNew: true };
  } catch (error) {
    if (error instanceof CommandNotStarted) return { problem: error.message };
    throw error;
  }
}

function readStamp(file: string): string | undefined {
  try {
    const real = realpathSync.native(file);
    return `${real} ${stampOf(statSync(real, { bigint: true }))}`;
  } catch {
    return undefined;
  }
}

async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
