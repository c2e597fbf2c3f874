/** A file system in memory with the operations of the locks, synchronous, one server for all contenders. */
import path from 'node:path';
import type { EntryStatus } from '../../../src/filesystem/lock-file-system.ts';

interface Node {
  readonly kind: 'file' | 'folder' | 'link';
  readonly inode: number;
  text: string;
  modified: number;
  changed: number;
  readonly entries: Map<string, Node>;
}

export class MemoryFileSystem {
  /** Set by the explorer: the server's clock, ms. */
  now = 0;
  /** Counts changes. */
  changes = 0;
  #inodes = 1;
  readonly #root = this.#node('folder', '');

  constructor() {
    this.#root.entries.set('shared', this.#node('folder', ''));
  }

  mkdir(file: string): void {
    this.#add(file, this.#node('folder', ''));
  }

  symlink(text: string, file: string): void {
    this.#add(file, this.#node('link', text));
  }

  writeNew(file: string, text: string): void {
    this.#add(file, this.#node('file', text));
  }

  writeSynced(file: string, text: string): void {
    const { parent, name } = this.#parent(file);
    parent.entries.delete(name);
    this.writeNew(file, text);
  }

  unlink(file: string): void {
    const { parent, name } = this.#parent(file);
    const node = this.#get(file);
    if (node.kind === 'folder') throw systemError('EISDIR', file);
    this.#remove(parent, name);
  }

  rmdir(file: string): void {
    const { parent, name } = this.#parent(file);
    const node = this.#get(file);
    if (node.kind !== 'folder') throw systemError('ENOTDIR', file);
    if (node.entries.size > 0) throw systemError('ENOTEMPTY', file);
    this.#remove(parent, name);
  }

  rename(from: string, to: string): void {
    const node = this.#get(from);
    const source = this.#parent(from);
    const target = this.#parent(to);
    this.#remove(source.parent, source.name);
    target.parent.entries.set(target.name, node);
    this.#stamp(target.parent);
  }

  readlink(file: string): string {
    const node = this.#get(file);
    if (node.kind !== 'link') throw systemError('EINVAL', file);
    return node.text;
  }

  readText(file: string): string {
    const node = this.#get(file);
    if (node.kind === 'folder') throw systemError('EISDIR', file);
    return node.text;
  }

  readdir(file: string): readonly string[] {
    const node = this.#get(file);
    if (node.kind !== 'folder') throw systemError('ENOTDIR', file);
    return [...node.entries.keys()];
  }

  lstat(file: string): EntryStatus {
    const { kind, inode, modified, changed, text } = this.#get(file);
    return { kind, inode, modified, changed, size: text.length };
  }

  touch(file: string, modified: number): void {
    const node = this.#get(file);
    node.modified = modified;
    node.changed = this.now;
    this.changes++;
  }

  exists(file: string): boolean {
    try {
      this.#get(file);
      return true;
    } catch {
      return false;
    }
  }

  /** Every path below a folder. */
  list(folder: string): readonly string[] {
    return this.readdir(folder).flatMap((name) => {
      const file = path.posix.join(folder, name);
      return this.#get(file).kind === 'folder' ? [file, ...this.list(file)] : [file];
    });
  }

  #node(kind: Node['kind'], text: string): Node {
    return { kind, text, inode: this.#inodes++, modified: this.now, changed: this.now, entries: new Map() };
  }

  #add(file: string, node: Node): void {
    const { parent, name } = this.#parent(file);
    if (parent.entries.has(name)) throw systemError('EEXIST', file);
    parent.entries.set(name, node);
    this.#stamp(parent);
  }

  #remove(parent: Node, name: string): void {
    parent.entries.delete(name);
    this.#stamp(parent);
  }

  #stamp(folder: Node): void {
    folder.modified = folder.changed = this.now;
    this.changes++;
  }

  #parent(file: string): { parent: Node; name: string } {
    const parent = this.#get(path.posix.dirname(file));
    if (parent.kind !== 'folder') throw systemError('ENOTDIR', file);
    return { parent, name: path.posix.basename(file) };
  }

  #get(file: string): Node {
    let node = this.#root;
    for (const name of file.split('/').filter((part) => part !== '')) {
      if (node.kind !== 'folder') throw systemError('ENOTDIR', file);
      const next = node.entries.get(name);
      if (next === undefined) throw systemError('ENOENT', file);
      node = next;
    }
    return node;
  }
}

export function systemError(code: string, file: string): Error {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}
