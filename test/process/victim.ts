/** A process that starts commands and then ends in some way, to see what outlives it. Its job is JSON in argv. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { guardGroup, startCommand } from '../../src/process/start.ts';
import { announce } from '../../src/process/guard.ts';
import { runCommand } from '../../src/process/run.ts';
import { runInherited } from '../../src/process/inherit.ts';

/** What the victim does, and how it ends once its commands are up. */
export interface VictimJob {
  readonly start: 'run' | 'start' | 'window' | 'guarded-group' | 'inherited' | 'many';
  readonly script: string;
  readonly mark: string;
  readonly end: 'exit' | 'throw' | 'idle' | 'kill-itself' | 'pass-on';
}

const job = JSON.parse(process.argv[2] ?? '') as VictimJob;
const env = { PATH: process.env['PATH'] ?? '', TEST_MARK: job.mark };
const command = { argv: ['/bin/sh', '-c', job.script] as [string, ...string[]], cwd: '/', env };

switch (job.start) {
  case 'run':
    void runCommand(command, { onOutput: end });
    break;
  case 'start': {
    const running = await startCommand(command);
    running.stdout.on('data', end);
    break;
  }
  case 'window': {
    // What spawnCommand does, without the step that follows the start.
    const announcement = announce(true);
    spawn('/bin/sh', ['-c', job.script], {
      env: { ...env, ...announcement.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).stdout.on('data', end);
    break;
  }
  case 'guarded-group': {
    const child = spawn('/bin/sh', ['-c', job.script], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    guardGroup(child.pid ?? 0);
    child.stdout.on('data', end);
    break;
  }
  case 'inherited': {
    const { exitCode, signal } = await runInherited(command);
    console.log(JSON.stringify({ exitCode, signal }));
    break;
  }
  case 'many':
    console.log('ready');
    for (;;) await Promise.all([1, 2, 3, 4].map(() => runCommand(command)));
}

function end(): void {
  console.log('ready');
  if (job.end === 'exit') process.exit(0);
  if (job.end === 'throw') throw new Error('uncaught');
  if (job.end === 'kill-itself') process.kill(process.pid, 'SIGKILL');
}
