/** Writes reproduce.sh: the same simulation again, from a cold start and with the same seed. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MemoryImage } from '../build/build.ts';
import type { Variables } from '../options/variables.ts';
import type { Command } from '../process/command.ts';

export interface ReproduceRequest {
  /** Run folder; the script puts its own files into a folder of its own below it. */
  readonly directory: string;
  /** The cold start of the simulation. */
  readonly command: Command;
  /** Linked into the working folder. */
  readonly images: readonly MemoryImage[];
  readonly resultsFile: string;
  /** Environment of the process that ran it: only what the simulation's differs in is written down. */
  readonly variables: Variables;
}

/** Variables that change what cocotb, Python or the simulator do, so that they are written down although they came from the user's shell. */
const influential = /^(COCOTB|GPI|PYGPI|PYTHON|PYTEST|SIM|WAVES|VERILATOR|IVERILOG|LD)_?/;

/**
 * Writes `reproduce.sh` into the run folder.
 *
 * @returns The line that runs it.
 */
export function writeReproduceScript(request: ReproduceRequest): string {
  const script = join(request.directory, 'reproduce.sh');
  writeFileSync(script, reproduceScript(request), { mode: 0o777 });
  return `sh ${quote(script)}`;
}

function reproduceScript({ directory, command, images, resultsFile, variables }: ReproduceRequest): string {
  // Files that the simulation writes into its run folder go to the folder of the reproduction instead.
  const relocate = (text: string) =>
    text
      .split(directory)
      .map((piece) => (piece === '' ? '' : quote(piece)))
      .join('"$dir"') || "''";
  const set = Object.entries(command.env)
    .filter(([name, value]) => variables[name] !== value || influential.test(name))
    .map(([name, value]) => ({ name, assignment: `${quote(name)}=${relocate(value)}` }));
  const unset = Object.keys(variables).filter((name) => influential.test(name) && command.env[name] === undefined);
  const lines = set.filter(({ name }) => isShellName(name)).map(({ assignment }) => `export ${assignment}`);
  if (unset.length > 0) lines.unshift(`unset ${unset.join(' ')}`);
  // A shell has no words for others, such as my.option.
  const others = set.filter(({ name }) => !isShellName(name)).map(({ assignment }) => assignment);
  const words = [...(others.length > 0 ? ['env', ...others] : []), ...command.argv.map(relocate)];
  return `#!/bin/sh
# Runs this simulation again, from a cold start and with the same seed, in the folder given as argument, or below this one.
dir=\${1:-${quote(join(directory, 'reproduce'))}}
mkdir -p "$dir" && dir=$(cd "$dir" && pwd) && cd ${relocate(command.cwd)} || exit 2
${[...lines, ...images.map(linkLine)].join('\n')}
results=${relocate(resultsFile)}
rm -f "$results"
${words.join(' ')}
status=$?
if ! grep -q '</testsuites>' "$results" 2>/dev/null; then echo "reproduce: no results in $results" >&2; exit 1; fi
if grep -qE '<(failure|error)[ />]' "$results"; then echo "reproduce: tests failed, see $results" >&2; exit 1; fi
exit $status
`;
}

function isShellName(name: string): boolean {
  return /^[a-z_]\w*$/i.test(name);
}

function linkLine({ name, path }: MemoryImage): string {
  const folder = dirname(name);
  return `${folder === '.' ? '' : `mkdir -p ${quote(folder)} && `}ln -sf ${quote(path)} ${quote(name)}`;
}

/** Quotes text for a POSIX shell, where it needs it. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
