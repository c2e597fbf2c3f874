/** The other side of ask-sync.ts: answers questions that come as lines on stdin by lines on stdout. */
import { once } from 'node:events';
import process from 'node:process';
import { runInterruptibly } from './interruptibly.ts';
import { fromLine, toLine } from './line.ts';

/** How often it is looked at whether the process that forked the asking one still runs, ms. */
const lookInterval = 250;

/**
 * Answers one question after the other until nobody asks any more. The signal fires, and this process ends once `answer` has, when it is told to end,
 * or the asking process or the one that forked that (named by the last argument) is gone.
 */
export async function answerQuestions<Question>(
  answer: (question: Question, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const forker = Number(process.argv[2]) || undefined;
  const { stdin, stdout } = process;
  await runInterruptibly(async (interrupted) => {
    const abandoned = new AbortController();
    const signal = AbortSignal.any([interrupted, abandoned.signal]);
    const hangUp = () => stdin.destroy();
    interrupted.addEventListener('abort', hangUp, { once: true });
    const looking = setInterval(() => {
      if (forker !== undefined && !isRunning(forker)) hangUp();
    }, lookInterval);
    let answered = Promise.resolve();
    let rest = '';
    stdin.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        answered = answered.then(async () => {
          stdout.write(`${toLine(await answer(fromLine(line) as Question, signal))}\n`);
        });
      }
    });
    await once(stdin, 'close');
    clearInterval(looking);
    abandoned.abort(new Error('nobody waits for the answer any more'));
    await answered;
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
