/** Asks a script of this package, which runs in another Node process, and stands still until it answers. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { StringDecoder } from 'node:string_decoder';
import { readVariables } from '../options/variables.ts';
import { fromLine, toLine } from './line.ts';

/** A script's process with the pipes to it. */
interface Answerer {
  /** Descriptor to which questions are written. */
  readonly questions: number;
  /** Descriptor from which answers are read. */
  readonly answers: number;
  /** What it has inherited from this process: where that has changed since, it can't answer any more. */
  readonly inherited: string;
}

/** How long a process without questions is kept, ms. */
const idleLimit = 2000;

/**
 * For the few places that can't be asynchronous: mocha wants to know a file's tests while it loads it. The process is started by the first
 * question and answers further ones, too, until there was none for two seconds. stderr is passed through, so that progress shows; flags of this process
 * (`--import=tsx`) are the script's, too.
 *
 * It is a process of its own because it outlives this one for a moment, however that ends, and cleans up what it was at.
 */
export class SyncAsker {
  readonly #script: string;
  #answerer: Answerer | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param script - A module that calls `answerQuestions`. */
  constructor(script: string) {
    this.#script = script;
  }

  /** The answer to a question, both of them values that structuredClone takes; undefined when the process ended without one. */
  ask(question: unknown): unknown {
    clearTimeout(this.#idleTimer);
    const inherited = JSON.stringify([process.cwd(), readVariables()]);
    const line = `${toLine(question)}\n`;
    // One that was killed meanwhile takes no question.
    if (this.#answerer?.inherited !== inherited || !putLine(this.#answerer, line)) {
      this.#end();
      this.#answerer = this.#start(inherited);
      putLine(this.#answerer, line);
    }
    const answer = takeLine(this.#answerer);
    if (answer === undefined) {
      this.#end();
      return undefined;
    }
    this.#idleTimer = setTimeout(() => this.#end(), idleLimit).unref();
    return fromLine(answer);
  }

  #start(inherited: string): Answerer {
    const questions = makePipe();
    const answers = makePipe();
    // A process that was forked is to end with the one that forked it, and can't notice while it stands still.
    const forker = process.channel === undefined ? [] : [String(process.ppid)];
    const child = spawn(process.execPath, [...process.execArgv, this.#script, ...forker], {
      stdio: [questions.reading, answers.writing, 'inherit'],
    });
    closeSync(questions.reading);
    closeSync(answers.writing);
    // One that can't be started gives no answer.
    child.once('error', () => undefined);
    child.unref();
    return { questions: questions.writing, answers: answers.reading, inherited };
  }

  /** At the end of its questions the process ends. */
  #end(): void {
    if (this.#answerer === undefined) return;
    closeSync(this.#answerer.questions);
    closeSync(this.#answerer.answers);
    this.#answerer = undefined;
  }
}

/** False when the process is gone. */
function putLine({ questions }: Answerer, line: string): boolean {
  try {
    writeFileSync(questions, line);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
    throw error;
  }
}

/** Undefined when the process ends before the line does. */
function takeLine({ answers }: Answerer): string | undefined {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(65_536);
  for (let answer = ''; ;) {
    const size = readSync(answers, buffer);
    if (size === 0) return undefined;
    answer += decoder.write(buffer.subarray(0, size));
    if (answer.endsWith('\n')) return answer;
  }
}

/** Node's own pipes to a child don't wait for it. Both ends are closed in other children. */
function makePipe(): { readonly reading: number; readonly writing: number } {
  const folder = mkdtempSync(path.join(tmpdir(), 'mocha-cocotb-'));
  try {
    const file = path.join(folder, 'pipe');
    const { error, stderr } = spawnSync('mkfifo', [file], { encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (stderr !== '') throw new Error(stderr.trim());
    // Whoever opens one end waits for somebody at the other.
    const both = openSync(file, 'r+');
    const pipe = { reading: openSync(file, 'r'), writing: openSync(file, 'w') };
    closeSync(both);
    return pipe;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
