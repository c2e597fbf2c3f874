/** Runs the mocha-cocotb command from its source. */
import path from 'node:path';
import { execa } from 'execa';

export interface CommandRun {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command's entry. */
export const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

/** tsx from anywhere. */
const loader = import.meta.resolve('tsx');

/** Runs it in a folder to its end. */
export async function mochaCocotb(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandRun> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [`--import=${loader}`, main, ...args], {
    cwd,
    env,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
}
