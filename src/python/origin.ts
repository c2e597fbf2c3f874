/** The places where an interpreter may come from. */

/** Where the interpreter was found, in the order of precedence. */
export type PythonOrigin = 'option' | 'variable' | 'virtualenv' | 'managed' | 'path';

/** Such a place is not passed over when it doesn't do: who names an interpreter wants that one. */
export function isNamedByUser(origin: PythonOrigin): boolean {
  return origin === 'option' || origin === 'variable';
}
