/** Carries out an adapter's plans, as the upper layers do, but without locks, identity and run folders. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTools } from '../../src/build/toolchain.ts';
import type { DesignOptions, ResolvedDesign } from '../../src/options/design.ts';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import { resolveSimulation } from '../../src/options/resolve-simulation.ts';
import type { SimulationOptions } from '../../src/options/simulation.ts';
import { readVariables } from '../../src/options/variables.ts';
import { toEnvironment, type Command, type Environment } from '../../src/process/command.ts';
import { runCommand } from '../../src/process/run.ts';
import { findPython, type PythonEnvironment } from '../../src/python/environment.ts';
import { simulationEnvironment } from '../../src/simulation/environment.ts';
import { simulatorFor } from '../../src/simulators/registry.ts';
import type {
  CompileContext,
  CompilePlan,
  SimulationContext,
  SimulationPlan,
  Toolchain,
} from '../../src/simulators/simulator.ts';
import { pythonOfTests } from '../support/project.ts';

/** The environment of this process, with what the test adds. */
export function environment(added: Readonly<Record<string, string>> = {}): Environment {
  return { ...toEnvironment(readVariables()), ...added };
}

/** A folder for one test file's builds. */
export class Workshop {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'mocha-cocotb-')));
  readonly env: Environment;
  #count = 0;

  constructor(added: Readonly<Record<string, string>> = {}) {
    this.env = environment(added);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  newFolder(name: string): string {
    const folder = path.join(this.folder, `${name}-${++this.#count}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  write(name: string, content: string): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  async python(): Promise<PythonEnvironment> {
    return findPython({ python: pythonOfTests() });
  }

  async prepare(options: DesignOptions): Promise<Prepared> {
    const design = resolveDesign({ cwd: this.folder, ...options }, {});
    const simulator = simulatorFor(design);
    const python = await this.python();
    const questions = simulator.toolQuestions(design, python, this.env);
    const tools = await findTools(questions, { variables: this.env, cwd: this.folder });
    return { design, simulator, python, tools };
  }

  /** Compiles, and moves the result away from where it was made. */
  async build(options: DesignOptions, runtime?: string): Promise<BuiltDesign> {
    const prepared = await this.prepare(options);
    const staging = this.newFolder('staging');
    const plan = prepared.simulator.compilePlan(compileContext(prepared, { staging, runtime, env: this.env }));
    const log = await carryOut(plan, staging);
    for (const intermediate of plan.intermediates) {
      rmSync(path.join(staging, intermediate), { recursive: true, force: true });
    }
    const build = this.newFolder('build');
    cpSync(staging, build, { recursive: true });
    rmSync(staging, { recursive: true });
    return { ...prepared, staging, build, plan, log };
  }

  plan(
    built: Omit<BuiltDesign, 'staging' | 'plan' | 'log'>,
    options: SimulationOptions,
  ): SimulationPlan & { readonly cwd: string } {
    const { design, simulator, python } = built;
    const simulation = resolveSimulation(options, design, {});
    const directory = this.newFolder('run');
    const cwd = simulation.testDir ?? directory;
    mkdirSync(cwd, { recursive: true });
    const context: SimulationContext = {
      ...built,
      simulation,
      cwd,
      env: simulationEnvironment(
        {
          design,
          simulation,
          python,
          simulatorEnv: simulator.simulationEnv(design),
          seed: 7,
          resultsFile: path.join(directory, 'results.xml'),
          attachments: [],
        },
        this.env,
      ),
      trace: design.waves === true,
      wavesFile: path.join(directory, 'waves.fst'),
      coverageFile: path.join(directory, 'coverage.dat'),
      seed: 7,
    };
    return { ...simulator.simulationPlan(context), cwd: directory };
  }

  /** Simulates and gives what was printed. */
  async simulate(built: Omit<BuiltDesign, 'staging' | 'plan' | 'log'>, options: SimulationOptions): Promise<Simulated> {
    const plan = this.plan(built, options);
    const { tail, exitCode } = await runCommand(plan.command, { timeout: 60_000 });
    return { ...plan, output: tail, exitCode };
  }
}

export interface Prepared {
  readonly design: ResolvedDesign;
  readonly simulator: ReturnType<typeof simulatorFor>;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
}

export interface BuiltDesign extends Prepared {
  /** Where it was compiled; gone since. */
  readonly staging: string;
  /** Where the products are now. */
  readonly build: string;
  readonly plan: CompilePlan;
  readonly log: string;
}

export interface Simulated extends SimulationPlan {
  readonly output: string;
  readonly exitCode: number | undefined;
  readonly cwd: string;
}

/** What a compile into `/staging` is planned with, unless told otherwise. */
export function compileContext(prepared: Prepared, given: Partial<CompileContext> = {}): CompileContext {
  const trace = prepared.design.waves === true;
  return { ...prepared, staging: '/staging', jobs: 2, runtime: undefined, env: {}, trace, ...given };
}

/** Writes the files and runs the commands of a plan. */
export async function carryOut(plan: CompilePlan, staging: string): Promise<string> {
  for (const { path: name, content } of plan.files) {
    const file = path.join(staging, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  let log = '';
  for (const command of plan.commands) log += await run(command);
  return log;
}

/** Runs a command that has to succeed, and gives its output. */
export async function run(command: Command): Promise<string> {
  const { exitCode, tail } = await runCommand(command, { timeout: 120_000 });
  if (exitCode !== 0) throw new Error(`${command.argv.join(' ')} ended with ${exitCode}:\n${tail}`);
  return tail;
}
