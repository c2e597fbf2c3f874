/** Writes a file so that it appears whole and stays after a power cut. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes `text` to a new file beside `file`, syncs it, renames it over `file`, and syncs the folder. A reader sees the old content or the new one,
 * never a part; when anything fails nothing is left behind and `file` is as it was.
 */
export async function writeDurably(file: string, text: string): Promise<void> {
  const staged = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  await writeSynced(staged, text);
  try {
    await fs.rename(staged, file);
  } catch (error) {
    await fs.rm(staged, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Writes a file and syncs it; removes it again when that fails. */
export async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await fs.open(file, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
    // A network file system may tell of a full disk only here.
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await fs.rm(file, { force: true });
    throw error;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
