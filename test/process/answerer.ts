/** A script that answers questions, for the test of the asking side: with its process id and a variable, or by ending. */
import process from 'node:process';
import { answerQuestions } from '../../src/process/answer.ts';

await answerQuestions<string>(async (question) => {
  if (question === 'end') process.exit(3);
  return { question, pid: process.pid, variable: process.env['ANSWERED_VARIABLE'] };
});
