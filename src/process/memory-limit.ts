/** Limits the address space of a command. */
import type { Command } from './command.ts';
import { findObstacle } from './diagnose.ts';

/**
 * The command under a limit of address space: a shell sets its own limit and becomes the command.
 * A limit already in force that is lower stays; systems without such a limit (macOS) run the command without one.
 *
 * @throws CommandNotStarted at once, since the shell could only say 127.
 */
export async function limitMemory(command: Command, bytes: number): Promise<Command> {
  const obstacle = await findObstacle(command);
  if (obstacle !== undefined) throw obstacle;
  const kibibytes = Math.max(1, Math.floor(bytes / 1024));
  const script = `ulimit -v ${kibibytes} 2>/dev/null; exec "$@"`;
  return { ...command, argv: ['/bin/sh', '-c', script, 'sh', ...command.argv] };
}
