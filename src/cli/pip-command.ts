/** Tells whether a command line changes a Python environment by pip. */
import path from 'node:path';

/**
 * Whether a command line runs pip: `pip`, `pip3.11`, `python -m pip`, `uv pip`, `python -m ensurepip`, also by path, or behind `env`. What other commands
 * start (`sudo`, `nice`, `timeout`, `sh -c`) is not looked at.
 */
export function runsPip(argv: readonly string[]): boolean {
  const [file, ...args] = argv;
  if (file === undefined) return false;
  const name = path
    .basename(file)
    .replace(/\.exe$/i, '')
    .toLowerCase();
  if (name === 'env') return runsPip(commandOfEnv(args));
  if (isPipName(name)) return true;
  if (name === 'uv') return runsUvPip(args);
  return /^(python|pypy|py)(\d+(\.\d+)*)?$/.test(name) && pythonRunsPip(args);
}

/** What `env` starts: after its options, some of which take a value that may be the next argument (env(1)), and variables. */
function commandOfEnv([first, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  const option =
    /^-[i0v]*(?<letter>[aCSu])(?<joined>.*)$/s.exec(first) ??
    /^--(?<letter>argv0|chdir|split-string|unset)(=(?<joined>.*))?$/s.exec(first);
  if (option === null) return /^-|=/.test(first) ? commandOfEnv(rest) : [first, ...rest];
  const { letter = '', joined = '' } = option.groups ?? {};
  const [value = '', ...others] = joined === '' ? rest : [joined, ...rest];
  const isSplit = letter === 'S' || letter === 'split-string';
  return commandOfEnv(isSplit ? [...value.split(/\s+/).filter(Boolean), ...others] : others);
}

const isPipName = (name: string): boolean => /^pip(\d+(\.\d+)*)?$/.test(name);

/** Options of the interpreter that take the next argument as their value (python --help). */
const optionsWithValue = new Set(['-W', '-X', '--check-hash-based-pycs']);

function pythonRunsPip(args: readonly string[]): boolean {
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (!argument.startsWith('-') || argument === '-') return isPipName(path.basename(argument));
    if (optionsWithValue.has(argument)) {
      index++;
      continue;
    }
    // -m may end a group of letters (-Im pip) and be followed by the module at once (-mpip); -c ends the interpreter's options.
    const letters = /^-[bBdEiIOPqsSuvx]*([cm])(.*)$/.exec(argument);
    if (letters === null) continue;
    if (letters[1] === 'c') return false;
    const isJoined = letters[2] !== '';
    return moduleRunsPip(
      isJoined ? (letters[2] ?? '') : (args[index + 1] ?? ''),
      args.slice(index + (isJoined ? 1 : 2)),
    );
  }
  return false;
}

function moduleRunsPip(name: string, args: readonly string[]): boolean {
  return /^(pip|ensurepip)(\.|$)/.test(name) || (name === 'uv' && runsUvPip(args));
}

/** uv's own options may stand before its command; the few that take a value are rarely there without `=`. */
function runsUvPip(args: readonly string[]): boolean {
  return (
    args.find((argument, index) => !argument.startsWith('-') && !uvOptionsWithValue.has(args[index - 1] ?? '')) ===
    'pip'
  );
}

const uvOptionsWithValue = new Set([
  '--directory',
  '--project',
  '--config-file',
  '--cache-dir',
  '--color',
  '--allow-insecure-host',
]);
