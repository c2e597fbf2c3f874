/** Runs a compile's commands in a private folder. */
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runCommand } from '../process/run.ts';
import type { CompilePlan } from '../simulators/simulator.ts';
import { defaultMemoryLimit } from './limits.ts';
import { logName, type Layout } from './layout.ts';
import type { BuildRequest } from './request.ts';

/** How a compile's commands ended. */
export type CompileEnd =
  { readonly state: 'compiled' } | { readonly state: 'failed'; readonly errors: string; readonly ending: string };

export interface CompileOptions {
  readonly signal: AbortSignal;
  /** Called with what the tools print. */
  readonly onOutput?: (text: string) => void;
}

/** Makes a new private folder for an attempt; what earlier holders of the attempt's lock left behind is removed. */
export function makeStaging(layout: Layout, attempt: string): string {
  mkdirSync(layout.staging, { recursive: true });
  for (const name of readdirSync(layout.staging)) {
    if (name.startsWith(`${attempt}+`)) rmSync(path.join(layout.staging, name), { recursive: true, force: true });
  }
  const staging = path.join(layout.staging, `${attempt}+${randomBytes(4).toString('hex')}`);
  mkdirSync(staging);
  return staging;
}

/**
 * Runs a plan in its staging folder. All that the commands print is in `compile.log` there.
 *
 * @throws the signal's reason when it fires; CommandNotStarted
 */
export async function runPlan(
  plan: CompilePlan,
  staging: string,
  request: BuildRequest,
  options: CompileOptions,
): Promise<CompileEnd> {
  for (const { path: file, content } of plan.files) {
    const target = path.join(staging, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const log = path.join(staging, logName);
  let printed = '';
  const deadline =
    request.design.buildTimeout === undefined ? undefined : performance.now() + request.design.buildTimeout;
  for (const command of plan.commands) {
    const part = path.join(staging, `${logName}.part`);
    const result = await runCommand(command, {
      logFile: part,
      signal: options.signal,
      memoryLimit: request.design.memoryLimit ?? defaultMemoryLimit(),
      ...(deadline === undefined ? {} : { timeout: Math.max(1, deadline - performance.now()) }),
      ...(options.onOutput === undefined ? {} : { onOutput: options.onOutput }),
    });
    const text = readFileSync(part, 'utf8');
    appendFileSync(log, `$ ${command.argv.join(' ')}\n${text}`);
    rmSync(part);
    printed += text;
    options.signal.throwIfAborted();
    if (result.exitCode !== 0) {
      const limit = `time limit of ${request.design.buildTimeout ?? 0} ms, option buildTimeout`;
      const ending = result.timedOut
        ? limit
        : result.signal
          ? `signal ${result.signal}`
          : `exit code ${result.exitCode ?? '?'}`;
      return { state: 'failed', errors: request.simulator.pickErrors(printed), ending };
    }
  }
  const hidden = request.simulator.findHiddenErrors?.(printed, request.design);
  if (hidden !== undefined) return { state: 'failed', errors: hidden, ending: 'exit code 0' };
  const missing = plan.products.filter((product) => !existsSync(path.join(staging, product)));
  if (missing.length > 0) {
    return {
      state: 'failed',
      errors: `The compiler reported success but did not make ${missing.join(', ')}`,
      ending: 'exit code 0',
    };
  }
  return { state: 'compiled' };
}

/** Keeps the log of a failed compile where the error will say it is. */
export function keepFailedLog(layout: Layout, attempt: string, log: string): string {
  const logFile = path.join(layout.failures, `${attempt}.log`);
  mkdirSync(layout.failures, { recursive: true });
  copyFileSync(log, logFile);
  return logFile;
}

/** Removes what the plan says nobody needs any more: paths, or `*` for everything but the products. */
export function removeIntermediates(plan: CompilePlan, staging: string): void {
  const needed = new Set([logName, ...plan.products.map((product) => product.split('/')[0])]);
  const names = plan.intermediates.flatMap((name) =>
    name === '*' ? readdirSync(staging).filter((entry) => !needed.has(entry)) : [name],
  );
  for (const name of names) rmSync(path.join(staging, name), { recursive: true, force: true });
}
