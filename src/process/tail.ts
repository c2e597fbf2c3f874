/** The last part of what a command printed. */
import { open, type FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much of a command's output is kept as its tail, bytes. */
const tailSize = 64 * 1024;

/** The last `tailSize` bytes of a file as text; empty when there is no such file. */
export async function readTail(file: string): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, tailSize);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return decodeTail(buffer.subarray(0, bytesRead), size > length);
  } finally {
    await handle.close();
  }
}

/** Keeps the last `tailSize` bytes of what it is given. */
export class Tail {
  #pieces: Buffer[] = [];
  #size = 0;
  #isCut = false;

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    for (let first = this.#pieces[0]; first && this.#size - first.length >= tailSize; first = this.#pieces[0]) {
      this.#pieces.shift();
      this.#size -= first.length;
      this.#isCut = true;
    }
  }

  toString(): string {
    const all = Buffer.concat(this.#pieces);
    return decodeTail(all.subarray(Math.max(0, all.length - tailSize)), this.#isCut || all.length > tailSize);
  }
}

/** Reads a file that another process is writing, piece by piece, without cutting characters in two. */
export class Follower {
  readonly #file: string;
  readonly #decoder = new StringDecoder('utf8');
  readonly #onText: (text: string) => void;
  #position = 0;

  constructor(file: string, onText: (text: string) => void) {
    this.#file = file;
    this.#onText = onText;
  }

  /** Looks every so many ms until told to stop, and then once more. */
  async follow(interval: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#read();
      await sleep(interval, undefined, { signal: stop }).catch(() => undefined);
    }
    await this.#read();
  }

  /** Hands on what was written since the last call. */
  async #read(): Promise<void> {
    const handle = await open(this.#file, 'r');
    try {
      const buffer = Buffer.alloc(tailSize);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#position);
        if (bytesRead === 0) return;
        this.#position += bytesRead;
        const text = this.#decoder.write(buffer.subarray(0, bytesRead));
        if (text !== '') this.#onText(text);
      }
    } finally {
      await handle.close();
    }
  }
}

/** A tail that was cut off begins with a whole character. */
function decodeTail(bytes: Buffer, isCut: boolean): string {
  let start = 0;
  if (isCut) while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString('utf8', start);
}
