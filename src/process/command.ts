/** What a command is: data that the upper layers make and only `src/process` starts. */

/** The environment of a process: every variable, nothing inherited. */
export type Environment = Readonly<Record<string, string>>;

/** A command line, where it runs and with which environment. */
export interface Command {
  /** The executable and its arguments. Never passed through a shell. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute path of the working folder. */
  readonly cwd: string;
  /** The whole environment of the process. */
  readonly env: Environment;
}

/** The variables that are set, as the environment of a process. */
export function toEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** What turns one environment into another. */
export interface EnvironmentChange {
  readonly set: Environment;
  readonly unset: readonly string[];
}

/** The variables that are other in `env` than in `base`. */
export function environmentChange(base: Environment, env: Environment): EnvironmentChange {
  return {
    set: Object.fromEntries(Object.entries(env).filter(([name, value]) => base[name] !== value)),
    unset: Object.keys(base).filter((name) => env[name] === undefined),
  };
}
