/** The one place that reads the process's environment variables. */

/** Environment variables by name; one that isn't set is undefined. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A copy of the environment variables as they are now. */
export function readVariables(): Variables {
  return { ...process.env };
}
