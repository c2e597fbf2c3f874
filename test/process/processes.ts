/** Looks at real processes: which are running, and who carries a mark in its environment. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../src/process/command.ts';

/** A mark that every process inherits from the one that was started with it. */
export class Mark {
  readonly value = randomUUID();
  readonly env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', TEST_MARK: this.value };

  /** A shell script as a command that carries the mark. */
  shell(script: string): Command {
    return { argv: ['/bin/sh', '-c', script], cwd: import.meta.dirname, env: this.env };
  }

  /** Ids of the running processes that carry the mark; zombies don't run. */
  running(): readonly number[] {
    return pids().filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.value) && isRunning(pid);
      } catch {
        return false;
      }
    });
  }

  /** Waits until exactly so many run. */
  async waitForRunning(count: number): Promise<void> {
    await waitUntil(() => this.running().length === count, `${count} running processes`);
  }
}

export function isRunning(pid: number): boolean {
  const [state] = statusOf(pid) ?? [];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Children of a process with their command lines. */
export function childrenOf(parent: number): readonly { readonly pid: number; readonly commandLine: string }[] {
  return pids()
    .filter((pid) => Number(statusOf(pid)?.[1]) === parent)
    .map((pid) => ({ pid, commandLine: commandLineOf(pid) }));
}

/** The arguments, each with a NUL behind it; empty when it is gone. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Looks again until it is so; whoever waits in vain is told what for. */
export async function waitUntil(isSo: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited 30 s in vain for ${what}`);
    await sleep(10);
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** State, parent, group, ... from /proc/<pid>/stat. */
function statusOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
