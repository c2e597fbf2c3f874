/** CallOnce: a function that runs once in the whole cluster, and whose outcome every process gets. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../filesystem/durable-write.ts';
import { checkOptions, isText, matching, text, type ChecksOf } from '../options/check.ts';
import { OptionError } from '../options/option-error.ts';
import { CallOnceFailed, CallOnceNotRecorded, NFSLockLost } from './errors.ts';
import { formatFailure, formatValue, parseMarker, readMarker, type Json, type Marker } from './marker.ts';
import { NFSLock } from './nfs-lock.ts';
import { resolveLockOptions, type LockOptions } from './options.ts';
import { nodeSystem, type LockSystem } from './system.ts';

/** What is done once, and the options of the lock under which it is done. All processes that mean the same call give the same `path` and `name`. */
export interface CallOnceOptions<T> extends LockOptions {
  /** Shared folder; the markers are in `.locks` below it, which is made when it is missing. */
  readonly path: string;
  /** Names the call: a file name, so no `/` and not `.` or `..`. */
  readonly name: string;
  /**
   * What to do once. Its value goes through JSON, so everybody gets what `JSON.parse(JSON.stringify(value))` gives (null for undefined); one that JSON
   * can't say is a failure. The signal fires when this process lost the lock (it was taken for dead): another process may be running
   * fn then, and this one's outcome will not be published.
   */
  readonly fn: (signal: AbortSignal) => T | Promise<T>;
  /**
   * Names the run that this call belongs to. With it a failure counts for the calls of the same run, and for those that were already waiting when it
   * happened; the first call of another run tries again. Without it a failure stays until `clean()`.
   *
   * @defaultValue failures stay
   */
  readonly run?: string;
}

/** Runs `fn` at most once for all processes that share a folder. */
export class CallOnce<T = Json> {
  readonly #options: CallOnceOptions<T>;
  readonly #lockOptions: LockOptions;
  readonly #system: LockSystem;
  readonly #folder: string;

  /**
   * @param system - What the lock runs on; a parameter for tests.
   * @throws OptionError naming every option that is wrong or unknown.
   */
  constructor(options: CallOnceOptions<T>, system: LockSystem = nodeSystem) {
    this.#lockOptions = checkCallOnce(options);
    this.#options = options;
    this.#system = system;
    this.#folder = path.join(path.resolve(options.path), '.locks');
  }

  /** Marker of success: JSON with fn's value. */
  get doneMarker(): string {
    return path.join(this.#folder, `${this.#options.name}.done`);
  }

  /** Marker of failure: JSON with the error. */
  get failedMarker(): string {
    return path.join(this.#folder, `${this.#options.name}.failed`);
  }

  /** Path of the lock under which fn runs. */
  get lockPath(): string {
    return path.join(this.#folder, `${this.#options.name}.lock`);
  }

  /**
   * Gives fn's value: of the call that was made, or of the one made now. When the marker is there already, no lock is taken.
   *
   * @throws CallOnceFailed when fn failed, here or elsewhere, or gave a value that JSON can't say.
   * @throws CallOnceNotRecorded when fn ended but its marker can't be written.
   * @throws NFSLockLost when this process lost the lock while it ran fn and nobody has published an outcome since.
   * @throws NFSLockTimeout when the wait ends first.
   * @throws NFSLockNested when fn asks for its own outcome; NFSLockAccess when the file system doesn't let this process use the lock.
   */
  async ensureDone(): Promise<T> {
    const done = await readMarker(this.doneMarker);
    if (done?.state === 'done') return done.value as T;
    const earlier = await readMarker(this.failedMarker);
    if (earlier?.state === 'failed' && this.#countsAsFailed(earlier, undefined)) throw this.#failure(earlier);
    await fs.mkdir(this.#folder, { recursive: true });
    const lock = new NFSLock(this.lockPath, this.#lockOptions, this.#system);
    const settled = await lock.acquireUnless(() => this.#look(earlier?.id));
    if (settled !== undefined) return this.#settle(settled);
    try {
      // Somebody may have finished between our last look and the lock.
      const marker = await this.#look(earlier?.id);
      return marker === undefined ? await this.#execute(lock) : this.#settle(marker);
    } finally {
      // That it was lost shows in what was thrown or returned.
      await lock.release().catch(() => undefined);
    }
  }

  /** Whether a done marker is there. Asks the file server, takes no lock. */
  async isDone(): Promise<boolean> {
    // An NFS client may remember that it wasn't there.
    await this.#system.fileSystem.refresh(this.#folder).catch(() => undefined);
    return (await readMarker(this.doneMarker))?.state === 'done';
  }

  /**
   * Forgets the outcome, so that the next `ensureDone` runs fn. Waits while fn is running; those that wait for fn then go on waiting, and one of them
   * runs it.
   *
   * @throws NFSLockTimeout when the wait ends first; NFSLockAccess
   */
  async clean(): Promise<void> {
    await fs.mkdir(this.#folder, { recursive: true });
    await new NFSLock(this.lockPath, this.#lockOptions, this.#system).use(async () => {
      await fs.rm(this.doneMarker, { force: true });
      await fs.rm(this.failedMarker, { force: true });
      await syncFolder(this.#folder);
    });
  }

  /** The marker that ends the wait, if one is there. `earlier` is the id of the failure that was there when the wait began. */
  async #look(earlier: string | undefined): Promise<Marker | undefined> {
    const done = await readMarker(this.doneMarker);
    if (done?.state === 'done') return done;
    const failed = await readMarker(this.failedMarker);
    return failed?.state === 'failed' && this.#countsAsFailed(failed, earlier) ? failed : undefined;
  }

  #countsAsFailed(failed: Marker, earlier: string | undefined): boolean {
    const { run } = this.#options;
    if (run === undefined || failed.run === run) return true;
    return earlier === undefined ? false : failed.id !== earlier;
  }

  async #execute(lock: NFSLock): Promise<T> {
    const self = this.#system.processes.self();
    let text: string;
    try {
      text = formatValue(await lock.inScope(() => this.#options.fn(lock.lost)), this.#options.run, self);
    } catch (thrown) {
      const failure = formatFailure(thrown, this.#options.run, self);
      const marker = await this.#publish(lock, this.failedMarker, failure, 'failed');
      if (marker.state === 'failed') throw this.#failure(marker, thrown);
      return this.#settle(marker);
    }
    return this.#settle(await this.#publish(lock, this.doneMarker, text, 'succeeded'));
  }

  /** Publishes this process's outcome; gives the one that stands: another's when the lock was lost. */
  async #publish(lock: NFSLock, file: string, text: string, outcome: 'succeeded' | 'failed'): Promise<Marker> {
    try {
      await lock.publish(file, text);
    } catch (error) {
      if (!(error instanceof NFSLockLost)) throw new CallOnceNotRecorded(this.#options.name, file, outcome, error);
      const marker = await this.#look(undefined);
      if (marker === undefined) throw error;
      return marker;
    }
    // A failure of an earlier run is over now.
    if (outcome === 'succeeded') await fs.rm(this.failedMarker, { force: true }).catch(() => undefined);
    return parseMarker(text);
  }

  #settle(marker: Marker): T {
    if (marker.state === 'done') return marker.value as T;
    throw this.#failure(marker);
  }

  #failure(marker: Marker & { state: 'failed' }, cause?: unknown): CallOnceFailed {
    return new CallOnceFailed({
      callName: this.#options.name,
      marker: this.failedMarker,
      ...marker.error,
      ranOn: marker.ranOn,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

const checks: Pick<ChecksOf<CallOnceOptions<unknown>>, 'path' | 'name' | 'fn' | 'run'> = {
  path: text,
  name: matching(
    'a file name: not empty, without "/", "\\" and ".."',
    (value) => isText(value) && /^(?!.*\.\.)[^/\\\0]+$/.test(value) && value !== '.',
  ),
  fn: matching('a function', (value) => typeof value === 'function'),
  run: text,
};

/** Splits what CallOnce itself takes from what its lock takes. @throws OptionError */
function checkCallOnce<T>(options: CallOnceOptions<T>): LockOptions {
  const { path: folder, name, fn, run, ...lock } = options;
  const problems = checkOptions({ path: folder, name, fn, run }, checks, ['path', 'name', 'fn']);
  if (problems.length > 0) throw new OptionError(problems, 'CallOnce');
  resolveLockOptions(lock, `CallOnce ${name}`);
  return lock;
}
