/** Which locks the current flow of control is inside of: whoever waits for one of them waits for itself. */
import { AsyncLocalStorage } from 'node:async_hooks';

const scopes = new AsyncLocalStorage<ReadonlySet<string>>();

export function isInScope(lockPath: string): boolean {
  return scopes.getStore()?.has(lockPath) === true;
}

export async function runInScope<T>(lockPath: string, fn: () => T | Promise<T>): Promise<T> {
  return scopes.run(new Set([...(scopes.getStore() ?? []), lockPath]), async () => fn());
}
