/** Releases what is still held when the process exits. */
import fs from 'node:fs';
import path from 'node:path';

/** Files of one claim, in the order in which they are removed; the first must go for the others to be touched. */
export interface ExitClaim {
  readonly ownerFile: () => string;
  /** Further files that go only when the owner's file was ours to remove. */
  readonly otherFiles: () => readonly string[];
  /** Folders that are removed last, if empty. */
  readonly folders: readonly string[];
}

export interface ExitRelease {
  /** Has the claim released at exit, unless the returned function was called before. */
  guard(claim: ExitClaim): () => void;
}

/** Claims of this process: the one table that has to be process-wide, as exit is. */
const claims = new Set<ExitClaim>();
let listening = false;

/** Releases synchronously in 'exit' listeners, so also after `process.exit()` and an uncaught error. A killed process leaves its locks to liveness checks. */
export const exitRelease: ExitRelease = {
  guard(claim) {
    claims.add(claim);
    if (!listening) process.on('exit', releaseAll);
    listening = true;
    return () => claims.delete(claim);
  },
};

function releaseAll(): void {
  for (const claim of claims) {
    try {
      fs.unlinkSync(claim.ownerFile());
      for (const file of claim.otherFiles()) fs.rmSync(file, { force: true });
    } catch {
      // Lost, or not made yet. An empty folder may still be ours.
    }
    for (const folder of claim.folders) {
      try {
        fs.rmdirSync(path.resolve(folder));
      } catch {
        // Not empty or gone: not ours.
      }
    }
  }
}
