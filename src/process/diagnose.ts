/** Says in a person's words why a command did not start: the operating system's ENOENT stands for four different things. */
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from './command.ts';
import { CommandNotStarted } from './errors.ts';

/** The error for a command that the operating system refused to start with `cause`. */
export async function explainNotStarted(command: Command, cause: unknown): Promise<CommandNotStarted> {
  const found = await findObstacle(command);
  if (found !== undefined) return found;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const [executable] = command.argv;
  if (code === 'E2BIG') {
    const size = command.argv.join('\0').length + Object.entries(command.env).flat().join('\0').length;
    return new CommandNotStarted(
      command,
      'too-long',
      executable,
      `its arguments and environment together (${size} bytes) are longer than this system takes. Put arguments into a file (a filelist), or shorten the environment.`,
      cause,
    );
  }
  const seen = cause instanceof Error ? cause.message : String(cause);
  return new CommandNotStarted(command, 'refused', executable, `the operating system refused: ${seen}.`, cause);
}

/** What would keep a command from starting, as far as that can be told without starting it. */
export async function findObstacle(command: Command): Promise<CommandNotStarted | undefined> {
  const obstacle = (reason: CommandNotStarted['reason'], at: string, explanation: string) =>
    new CommandNotStarted(command, reason, at, explanation);

  const folder = await stat(command.cwd).catch(() => undefined);
  if (folder === undefined) {
    return obstacle('missing-folder', command.cwd, 'the working folder does not exist. Make it first.');
  }
  if (!folder.isDirectory()) return obstacle('missing-folder', command.cwd, 'the working folder is not a folder.');

  const [name] = command.argv;
  const candidates = name.includes('/')
    ? [path.resolve(command.cwd, name)]
    : (command.env['PATH'] ?? '/usr/bin:/bin').split(':').map((entry) => path.resolve(command.cwd, entry, name));
  let present: string | undefined;
  for (const candidate of candidates) {
    const file = await stat(candidate).catch(() => undefined);
    if (!file?.isFile()) continue;
    present ??= candidate;
    if (await isExecutable(candidate)) return findBadInterpreter(candidate, obstacle);
  }
  if (present !== undefined) {
    return obstacle(
      'not-executable',
      present,
      `${present} may not be executed. Check its mode (chmod +x) and the file system's noexec option.`,
    );
  }
  const where = name.includes('/') ? `${String(candidates[0])} does not exist` : `${name} is not on PATH`;
  return obstacle('missing-executable', name, `${where}. Install it or correct the path.`);
}

async function findBadInterpreter(
  script: string,
  obstacle: (reason: CommandNotStarted['reason'], at: string, explanation: string) => CommandNotStarted,
): Promise<CommandNotStarted | undefined> {
  const interpreter = await readInterpreter(script);
  if (interpreter === undefined || (await isExecutable(interpreter))) return undefined;
  return obstacle(
    'bad-interpreter',
    interpreter,
    `its first line names the interpreter ${interpreter}, which is missing or may not be executed. Was it made for another machine, or its virtual environment moved?`,
  );
}

async function readInterpreter(script: string): Promise<string | undefined> {
  const handle = await open(script, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return /^#![ \t]*([^\s]+)/.exec(buffer.toString('utf8', 0, bytesRead))?.[1];
  } finally {
    await handle.close();
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
