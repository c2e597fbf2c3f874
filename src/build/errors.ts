/** What can go wrong between a design and its published build. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { MochaCocotbError } from '../errors.ts';
import { NFSLockAccess } from '../locks/errors.ts';

/** What is known of a failed compile. */
export interface CompileFailure {
  /** The simulator's own message: the lines of the log worth showing. */
  readonly errors: string;
  /** The design's. */
  readonly toplevel: string;
  /** Its name, as in the option. */
  readonly simulator: string;
  /** Copy of what the tools printed. */
  readonly logFile: string;
  /** How the command ended, such as `exit code 1`. */
  readonly ending: string;
  /** What could be seen of the files before the compile: while that stays the same, it would fail again. */
  readonly seen: string;
}

/** The simulator or its C++ compiler refused the design. The message begins with the tool's own. */
export class BuildFailed extends MochaCocotbError implements CompileFailure {
  readonly code = 'BUILD_FAILED';
  readonly errors: string;
  readonly toplevel: string;
  readonly simulator: string;
  readonly logFile: string;
  readonly ending: string;
  readonly seen: string;

  constructor(failure: CompileFailure) {
    const { errors, toplevel, simulator, logFile, ending, seen } = failure;
    super(`${errors}\nBuild of ${toplevel} with ${simulator} failed (${ending}). Whole log: ${logFile}`);
    this.errors = errors;
    this.toplevel = toplevel;
    this.simulator = simulator;
    this.logFile = logFile;
    this.ending = ending;
    this.seen = seen;
  }
}

/** Files were changed while they were compiled, so that nobody can say what the build is made of; it was not published. */
export class BuildInputChanged extends MochaCocotbError {
  readonly code = 'BUILD_INPUT_CHANGED';
  /** The design's. */
  readonly toplevel: string;
  /** What was changed, or is gone. */
  readonly files: readonly string[];

  constructor(toplevel: string, files: readonly string[]) {
    const shown = files.slice(0, 5).join(', ');
    const more = files.length > 5 ? ` and ${files.length - 5} more` : '';
    super(
      `Build of ${toplevel} not published: changed while it was compiled: ${shown}${more}. Run again when the files are as you want them.`,
    );
    this.toplevel = toplevel;
    this.files = files;
  }
}

/** The shared build folder can't be written. */
export class BuildAccess extends MochaCocotbError {
  readonly code = 'BUILD_ACCESS';
  /** What could not be written. */
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(
      `Build folder can't be written: ${describeOwner(path)}. Have its owner share it with a group (chmod -R g+ws), or choose another with the option simBuild or the variable SIM_BUILD.`,
      { cause },
    );
    this.path = path;
  }
}

/** The path in the build folder that the operating system did not let this process write, if that is what the error says. */
export function refusedPath(error: unknown, root: string): string | undefined {
  const refusal = error instanceof NFSLockAccess ? error.cause : error;
  const { code, path: file, dest } = (refusal ?? {}) as NodeJS.ErrnoException & { dest?: string };
  if (code === undefined || !['EACCES', 'EPERM', 'EROFS'].includes(code)) return undefined;
  return [file, dest].find((place) => place !== undefined && (place === root || place.startsWith(`${root}/`)));
}

/** Who owns the innermost folder of a path that exists, and with which mode. */
function describeOwner(file: string): string {
  for (let place = file; ; place = path.dirname(place)) {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat !== undefined) {
      const mode = (stat.mode & 0o7777).toString(8);
      return `${place} belongs to user ${stat.uid}, group ${stat.gid}, mode ${mode}; this process is user ${process.getuid?.() ?? '?'}`;
    }
    if (place === path.dirname(place)) return file;
  }
}

/** A program that the simulator needs is missing. */
export class ToolNotFound extends MochaCocotbError {
  readonly code = 'TOOL_NOT_FOUND';
  /** Its name, such as `verilator`. */
  readonly tool: string;
  /** Each place that was looked at and what was seen there. */
  readonly looked: readonly string[];

  constructor(tool: string, looked: readonly string[], mend: string) {
    super(`${tool} not found: ${looked.join('; ')}. What to do: ${mend}`);
    this.tool = tool;
    this.looked = looked;
  }
}

/** A program that the simulator needs is there in a version that will not do. */
export class ToolTooOld extends MochaCocotbError {
  readonly code = 'TOOL_TOO_OLD';
  /** Its name, such as `verilator`. */
  readonly tool: string;
  /** Each executable found, with its version. */
  readonly found: readonly string[];
  /** Oldest version that does. */
  readonly minimum: string;

  constructor(tool: string, found: readonly string[], minimum: { version: string; reason: string }, mend: string) {
    super(
      `${tool} is too old: ${found.join('; ')}; needed is ${minimum.version} or newer: ${minimum.reason}. What to do: ${mend}`,
    );
    this.tool = tool;
    this.found = found;
    this.minimum = minimum.version;
  }
}
