/** Whom the holders of a lock tell that they have it, before they begin and before they release: two at a time is a violation, whatever anybody's clock says. */
import net from 'node:net';
import { createInterface } from 'node:readline';

export class Witness {
  readonly violations: string[] = [];
  readonly failures: string[] = [];
  /** Entries of each contender. */
  readonly entries = new Map<string, number>();
  finished = 0;
  readonly #inside = new Map<string, string>();
  readonly #server = net.createServer((socket) => this.#listen(socket));
  #onEnter: ((name: string) => void) | undefined;

  /** Gives the port. */
  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as net.AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
  }

  /** Settles when somebody of this machine has the lock. */
  async enteredOn(machine: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onEnter = (name) => {
        if (name.startsWith(`${machine}.`)) resolve();
      };
    });
    this.#onEnter = undefined;
  }

  /** That machine is off, and with it whoever had the lock. */
  forget(machine: string): void {
    for (const name of this.#inside.keys()) if (name.startsWith(`${machine}.`)) this.#inside.delete(name);
  }

  #listen(socket: net.Socket): void {
    const lines = createInterface({ input: socket });
    // A machine that loses its power resets the connection.
    for (const source of [socket, lines]) source.on('error', () => undefined);
    lines.on('line', (line) => {
      const [what = '', kind = '', name = '', ...rest] = line.split(' ');
      if (what === 'enter') this.#enter(name, kind);
      else if (what === 'leave') this.#inside.delete(name);
      else if (what === 'failed') this.failures.push(`${name}: ${rest.join(' ')}`);
      else if (what === 'done') this.finished++;
      socket.write('seen\n');
    });
  }

  #enter(name: string, kind: string): void {
    this.entries.set(name, (this.entries.get(name) ?? 0) + 1);
    for (const [other, otherKind] of this.#inside) {
      if (kind !== 'shared' || otherKind !== 'shared')
        this.violations.push(`${name} entered while ${other} was inside`);
    }
    this.#inside.set(name, kind);
    this.#onEnter?.(name);
  }
}
