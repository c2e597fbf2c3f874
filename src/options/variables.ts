/** The one place that reads and sets the process's environment variables. */

/** Environment variables by name; one that isn't set is undefined. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A copy of the environment variables as they are now. */
export function readVariables(): Variables {
  return { ...process.env };
}

/** The environment variables, looked up as they are asked for: where few are wanted, at a fraction of what a copy costs. */
export function liveVariables(): Variables {
  return process.env;
}

/** Sets a variable for this process and those that it starts from now on (mocha's parallel workers). */
export function publishVariable(name: string, value: string): void {
  process.env[name] = value;
}
