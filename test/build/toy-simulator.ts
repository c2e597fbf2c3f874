/** A simulator that is a shell script: it includes files like a real one, says which, and its compiles can be counted. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resolveDesign } from '../../src/options/resolve-design.ts';
import type { DesignOptions, ResolvedDesign } from '../../src/options/design.ts';
import type { PythonEnvironment } from '../../src/python/environment.ts';
import type { CompileContext, CompilePlan, Simulator, Toolchain } from '../../src/simulators/simulator.ts';

/** A scratch project with a compiler of its own, and the empty include folders `first` and `second`. */
export interface Toy {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly python: PythonEnvironment;
  readonly tools: Toolchain;
  design(options?: Partial<DesignOptions>): ResolvedDesign;
  write(file: string, content: string): void;
  /** How often the compiler was started. */
  compiles(): number;
}

const compiler = `#!/bin/sh
# toyc STAGING FOLDER,FOLDER SOURCE...: "include NAME" is searched in the folders; "fail", "hang", "append FILE" and "record" do what they say.
staging=$1 folders=$2
shift 2
echo $$ >> "$TOY_COUNT"
: > "$staging/deps"
: > "$staging/product"
read_file() {
  echo "$1" >> "$staging/deps"
  while read -r word rest; do
    case $word in
      include)
        for folder in $(echo "$folders" | tr , ' '); do
          if [ -f "$folder/$rest" ]; then (read_file "$folder/$rest") || exit $?; break; fi
        done ;;
      fail) echo "toy: error: $rest"; exit 3 ;;
      hang) sleep 1000 & wait ;;
      append) echo "$rest" | { read -r file text; echo "$text" >> "$file"; } ;;
      record) pwd >> "$staging/product" ;;
      *) echo "$word $rest" >> "$staging/product" ;;
    esac
  done < "$1"
}
for source; do read_file "$source" || exit $?; done
`;

/** Makes the project, or finds the one that another process has made. */
export function makeToy(folder: string): Toy {
  const project = path.join(folder, 'project');
  const script = path.join(folder, 'bin/toyc');
  const count = path.join(folder, 'count');
  if (!existsSync(count)) {
    for (const made of ['bin', 'project/first', 'project/second']) {
      mkdirSync(path.join(folder, made), { recursive: true });
    }
    writeFileSync(script, compiler);
    chmodSync(script, 0o755);
    writeFileSync(count, '');
  }
  return {
    folder: project,
    simulator: toySimulator(script, count),
    python: toyPython,
    tools: { toyc: { name: 'toyc', argv: [script], version: '1.0', origin: 'path', env: {}, identity: 'toy' } },
    design: (options = {}) =>
      resolveDesign(
        { toplevel: 'top', sources: ['top.v'], simulator: 'icarus', cwd: project, simBuild: 'sim_build', ...options },
        {},
      ),
    write(file, content) {
      const target = path.join(project, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
    },
    compiles: () => readFileSync(count, 'utf8').split('\n').length - 1,
  };
}

function toySimulator(script: string, count: string): Simulator {
  return {
    name: 'icarus',
    title: 'the toy',
    capabilities: {
      languages: ['verilog'],
      gpiInterfaces: ['vpi'],
      libraries: false,
      runtimeParameters: false,
      runtimeTimescale: false,
      elabArgs: false,
      preCmd: false,
      coverage: false,
      warm: undefined,
    },
    checkDesign: () => [],
    checkSimulation: () => [],
    toolQuestions: () => [],
    identityVariables: ['TOYFLAGS'],
    runtimePlan: () => undefined,
    compilePlan: (context) => planToy(context, script, count),
    simulationPlan: () => {
      throw new Error('a toy does not simulate');
    },
    simulationEnv: () => ({}),
    pickErrors: (log) =>
      log
        .split('\n')
        .filter((line) => line.includes('error:'))
        .join('\n'),
  };
}

function planToy({ design, staging, env }: CompileContext, script: string, count: string): CompilePlan {
  const folders = design.includes.map((folder) => path.relative(design.cwd, folder)).join(',');
  const sources = design.sources.map((source) => path.relative(design.cwd, source.path));
  return {
    files: [],
    commands: [{ argv: [script, staging, folders, ...sources], cwd: design.cwd, env: { ...env, TOY_COUNT: count } }],
    dependencyFiles: [{ path: 'deps', format: 'lines' }],
    products: ['product'],
    intermediates: ['deps'],
  };
}

const toyPython: PythonEnvironment = {
  python: '/usr/bin/python3',
  origin: 'path',
  identity: 'toy',
  version: '3.11.0',
  cocotbVersion: '2.1.0',
  libpython: '',
  libsDir: '/nowhere/cocotb/libs',
  shareDir: '/nowhere/cocotb/share',
  pygpiEntryPoint: '',
  libEntries: {},
  sysPath: [],
  verilator: undefined,
  lockPath: undefined,
};
