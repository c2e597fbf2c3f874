/** Which file systems only this machine changes: what it knows of a file there is never out of date. */
import { statfsSync } from 'node:fs';
import path from 'node:path';

/** Magic numbers of statfs(2): ext, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs. */
const localTypes = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010]);

const byDevice = new Map<bigint, boolean>();

/** Whether a file is on a local file system; asked of the system once for each device. */
export function isLocal(file: string, { dev }: { readonly dev: bigint }): boolean {
  let known = byDevice.get(dev);
  if (known === undefined) byDevice.set(dev, (known = isLocalFolder(path.dirname(file))));
  return known;
}

/** Whether a folder is on a local file system; one that isn't there counts as not. */
export function isLocalFolder(folder: string): boolean {
  try {
    return localTypes.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}
