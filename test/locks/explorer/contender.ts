/** What contends for the lock of a schedule, and that lock. */
import type { LockSystem } from '../../../src/locks/system.ts';
import type { MemoryFileSystem } from './memory-file-system.ts';

/** What a contender does with the lock; its belief between `enter` and `leave` is judged. */
export interface Contender {
  /** Two that exclude each other may not be inside at once. */
  readonly role: 'exclusive' | 'shared';
  run(system: LockSystem, inside: Inside): Promise<void>;
  /** Whether what this contender, which is inside, has in the file system is still there. */
  isIntact(fileSystem: MemoryFileSystem, id: number): boolean;
}

export interface Inside {
  /** The contender believes it has the lock. */
  enter(): Promise<void>;
  /** It begins to release. */
  leave(): void;
  /** It released and was told whether it had had the lock to the end. */
  released(wasHeld: boolean): void;
}

/** The lock's options in every schedule; ms. */
export const TIMES = { staleTimeout: 1_000, heartbeatInterval: 200, pollInterval: 100, timeout: -1 } as const;
export const LOCK_PATH = '/shared/the.lock';
