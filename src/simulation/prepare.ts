/** Everything about one simulation that is the same whether it starts warm or cold. */
import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Build, MemoryImage } from '../build/build.ts';
import { currentRun } from '../options/run-identity.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import { readVariables } from '../options/variables.ts';
import type { SimulationPlan } from '../simulators/simulator.ts';
import { simulationEnvironment } from './environment.ts';
import { writeReproduceScript } from './reproduce.ts';
import { deriveSeed, hdlSeed } from './seeds.ts';

/** A simulation about to start. */
export interface PreparedSimulation {
  readonly build: Build;
  readonly simulation: ResolvedSimulation;
  readonly directory: string;
  readonly seed: number;
  readonly logFile: string;
  readonly resultsFile: string;
  readonly reproduce: string;
  /** How it is started cold. */
  readonly plan: SimulationPlan;
}

/** Makes the run folder and what stands in it before the simulation starts. */
export function prepareSimulation(build: Build, simulation: ResolvedSimulation, directory: string): PreparedSimulation {
  const { design, python, tools, simulator } = build;
  const variables = readVariables();
  const cwd = simulation.testDir ?? directory;
  const resultsFile =
    simulation.resultsXml === undefined ? join(directory, 'results.xml') : resolve(cwd, simulation.resultsXml);
  const logFile = simulation.logFile === undefined ? join(directory, 'sim.log') : resolve(cwd, simulation.logFile);
  const seed = seedOf(simulation);
  const trace = build.trace && simulation.waves !== false;
  const wavesFile = join(directory, 'waves.fst');
  const env = simulationEnvironment(
    {
      design,
      simulation,
      python,
      simulatorEnv: simulator.simulationEnv(design),
      seed,
      resultsFile,
      attachments: trace ? [wavesFile, logFile] : [logFile],
    },
    variables,
  );
  const plan = simulator.simulationPlan({
    design,
    simulation,
    python,
    tools,
    build: build.directory,
    cwd,
    env,
    trace,
    wavesFile,
    coverageFile: join(directory, 'coverage.dat'),
    seed: hdlSeed(seed),
  });
  mkdirSync(directory, { recursive: true });
  const images = cwd === directory ? build.memoryImages.filter(({ name }) => !name.startsWith('..')) : [];
  if (cwd === directory) linkMemoryImages(images, directory);
  else mkdirSync(cwd, { recursive: true });
  // Results of an earlier run in the same place must not pass for ours.
  if (lstatSync(resultsFile, { throwIfNoEntry: false })) rmSync(resultsFile, { force: true });
  const reproduce = writeReproduceScript({ directory, command: plan.command, images, resultsFile, variables });
  return { build, simulation, directory, seed, logFile, resultsFile, reproduce, plan };
}

/** In its run folder a simulation finds the memory images that it would find where the sources are. */
function linkMemoryImages(images: readonly MemoryImage[], directory: string): void {
  for (const { name, path } of images) {
    const link = join(directory, name);
    mkdirSync(dirname(link), { recursive: true });
    // A run folder that the caller uses again has it already.
    rmSync(link, { force: true });
    symlinkSync(path, link);
  }
}

/** The user's seed, else one that the run's base seed and the names of the tests give. */
export function seedOf({ seed, testModules, testcases, testFilter }: ResolvedSimulation): number {
  return seed ?? deriveSeed(currentRun().baseSeed, [...testModules, ...testcases, testFilter ?? ''].join(' '));
}
