/** One virtual machine: it boots, runs commands, and loses its power. */
import { readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** How long a machine may take to boot, ms: emulated ones need some 10 s. */
const BOOT = 120_000;

export interface MachineOptions {
  /** Folder of the image. */
  readonly image: string;
  /** Folder for what is of this run. */
  readonly scratch: string;
  /** 1 to 9; the machine is 10.9.0.N for the others, and `nodeN`. */
  readonly number: number;
  /** A server exports this disk image. */
  readonly disk?: string;
}

export class Machine {
  readonly name: string;
  readonly #options: MachineOptions;
  readonly #port: number;
  #process: (Promise<unknown> & { kill(signal: NodeJS.Signals): boolean }) | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = `node${options.number}`;
    this.#port = 50_000 + (process.pid % 1_000) * 10 + options.number;
  }

  /** Settles when it takes commands. Whatever was on its own disk before is gone. */
  async boot(): Promise<void> {
    const { image, scratch, number, disk } = this.#options;
    const console = path.join(scratch, `${this.name}.console`);
    await rm(console, { force: true });
    const role = disk === undefined ? 'client' : 'server';
    const drives = [`file=${image}/root.img,if=virtio,format=raw,snapshot=on`];
    if (disk !== undefined) drives.push(`file=${disk},if=virtio,format=raw,cache=writethrough`);
    this.#process = execa(
      'qemu-system-x86_64',
      [
        ...['-accel', 'tcg', '-cpu', 'max', '-m', '900', '-display', 'none', '-no-reboot'],
        ...['-kernel', `${image}/vmlinuz`, '-initrd', `${image}/initrd.img`],
        ...['-append', `console=ttyS0 quiet mitigations=off role=${role} node=${number}`],
        ...drives.flatMap((drive) => ['-drive', drive]),
        // One wire for all machines, and each one's way from and to us.
        ...['-netdev', 'socket,id=wire,mcast=230.0.0.1:12345,localaddr=127.0.0.1'],
        ...['-device', `virtio-net-pci,netdev=wire,mac=52:54:00:00:00:0${number}`],
        ...['-netdev', `user,id=host,hostfwd=tcp:127.0.0.1:${this.#port}-:99`],
        ...['-device', `virtio-net-pci,netdev=host,mac=52:54:00:00:01:0${number}`],
        ...['-serial', `file:${console}`],
      ],
      { reject: false, cleanup: true, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    let isOver = false;
    void this.#process.finally(() => (isOver = true));
    const deadline = performance.now() + BOOT;
    while (!(await readFile(console, 'utf8').catch(() => '')).includes('MACHINE-READY')) {
      if (isOver || performance.now() > deadline) throw new Error(`${this.name} did not boot; see ${console}`);
      await sleep(200);
    }
    // What listens there was started just before.
    while ((await this.run('echo listening').catch(() => '')) !== 'listening') await sleep(200);
  }

  /** Runs a shell script; gives what it printed. */
  async run(script: string): Promise<string> {
    const socket = net.connect(this.#port, '127.0.0.1');
    // `text` tells of an error, too, once it reads.
    socket.on('error', () => undefined);
    // socat's own descriptors would keep the connection open as long as what the script leaves running. The socket isn't ended: the machine would
    // take that for the end of the script.
    socket.write(`exec 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\n${script}\nexit\n`);
    return (await text(socket)).trim();
  }

  /** Starts a command that goes on when the script that started it is over. */
  async start(command: string): Promise<void> {
    // In a session of its own, and not before it has one: socat ends what is left of its own.
    await this.run(
      `setsid ${command} >/dev/null 2>&1 </dev/null &\nuntil [ "$(cut -d' ' -f6 /proc/$!/stat)" = $! ]; do sleep 0.1; done`,
    );
  }

  /** Puts a file there. */
  async put(file: string, place: string): Promise<void> {
    const content = (await readFile(file)).toString('base64').replaceAll(/.{76}/g, '$&\n');
    await this.run(`base64 -d >${place} <<'END'\n${content}\nEND`);
  }

  /** Cuts the power: nothing is ended, nothing written. */
  async powerOff(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process;
  }
}
