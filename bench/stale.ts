/** Whether a change is noticed: every input of a build changed, touched and changed back, with this project and its peers. */
import { chmod, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import {
  changes,
  forOurs,
  forRunner,
  initialDesign,
  makeChange,
  touch,
  writeDesign,
  type Change,
  type Simulated,
  type StaleDesign,
} from './stale-design.ts';
import type { BenchTools } from './tools.ts';
import type { Table, Workload } from './workload.ts';

interface Builder {
  readonly name: string;
  command(
    design: StaleDesign,
    simulator: Simulated,
    folder: string,
  ): { argv: readonly string[]; env: Record<string, string> };
}

/** How often the compilers were started by one build: the simulator's own, and the one of C++. */
interface Starts {
  readonly simulator: number;
  readonly cpp: number;
}

interface Row {
  readonly input: string;
  readonly outcomes: readonly {
    readonly builder: string;
    readonly changed: Starts;
    readonly touched: Starts;
    readonly back: Starts;
  }[];
}

/** How long one build may take, ms: a contender that hangs is an error, not the end of the bench. */
const patience = 10 * 60_000;

export const stale: Workload = {
  name: 'stale',
  title: 'Is a change noticed?',
  async run({ folder, isQuick, tools, progress }) {
    const { rows, tables } = await benchStale(folder, await tools(), isQuick, progress);
    return { tables, data: rows };
  },
};

/** Runs every change on every contender. A quick run takes a few of them on Icarus alone. */
async function benchStale(
  base: string,
  tools: BenchTools,
  isQuick: boolean,
  progress: (text: string) => void,
): Promise<{ readonly tables: readonly Table[]; readonly rows: Readonly<Record<string, readonly Row[]>> }> {
  const tables: Table[] = [];
  const rows: Record<string, readonly Row[]> = {};
  for (const simulator of isQuick ? (['icarus'] as const) : (['icarus', 'verilator'] as const)) {
    const wanted = changes.filter(({ on = simulator }) => on === simulator).slice(0, isQuick ? 3 : undefined);
    const found: Row[] = wanted.map(({ input }) => ({ input, outcomes: [] }));
    for (const builder of builders(tools)) {
      const subject = `stale: ${builder.name}, ${simulator}`;
      progress(subject);
      const folder = path.join(base, `${simulator}-${builder.name.replace(/\W+/g, '-')}`);
      const outcomes = await tryAll(builder, simulator, folder, wanted, tools, (input) => {
        progress(`${subject}, ${input}`);
      });
      outcomes.forEach((outcome, index) => {
        const row = found[index];
        if (row !== undefined)
          found[index] = { ...row, outcomes: [...row.outcomes, { builder: builder.name, ...outcome }] };
      });
    }
    rows[simulator] = found;
    tables.push(tableOf(simulator, found));
  }
  return { tables, rows };
}

function builders({ python, root }: BenchTools): readonly Builder[] {
  const peers = path.join(import.meta.dirname, 'peers');
  return [
    {
      name: 'this project',
      command: (design, simulator, folder) => ({
        argv: [
          ...[process.execPath, '--import', path.join(root, 'node_modules/tsx/dist/loader.mjs')],
          ...[path.join(import.meta.dirname, 'stale-build.ts'), JSON.stringify(forOurs(design, simulator, folder))],
        ],
        env: { MOCHA_COCOTB_PYTHON: python },
      }),
    },
    {
      name: 'cocotb_tools.runner',
      command: (design, simulator, folder) => ({
        argv: [python, path.join(peers, 'stale_runner.py'), JSON.stringify(forRunner(design, simulator, folder))],
        env: {},
      }),
    },
    {
      name: "cocotb's pytest plugin",
      command: (design, simulator, folder) => ({
        argv: [
          python,
          '-m',
          'pytest',
          '-q',
          '-p',
          'cocotb_tools._pytest.plugin',
          path.join(peers, 'stale_plugin.py'),
          `--cocotb-simulator=${simulator}`,
        ],
        env: { STALE_DESIGN: JSON.stringify(forRunner(design, simulator, folder)) },
      }),
    },
  ];
}

async function tryAll(
  builder: Builder,
  simulator: Simulated,
  folder: string,
  wanted: readonly Change[],
  tools: BenchTools,
  onChange: (input: string) => void,
): Promise<readonly Omit<Row['outcomes'][number], 'builder'>[]> {
  await writeDesign(folder);
  await writeFile(path.join(folder, 'runner.f'), `${path.join(folder, 'helper.v')}\n`);
  const programs = await installCounters(folder, tools);
  const build = async (design: StaleDesign): Promise<Starts> => {
    const before = await readCounts(folder);
    const { argv, env } = builder.command(design, simulator, folder);
    const [command = '', ...args] = argv;
    await execa(command, args, {
      cwd: folder,
      extendEnv: false,
      timeout: patience,
      env: { ...tools.peerEnv, PATH: `${programs}:${tools.peerEnv['PATH'] ?? ''}`, ...env, ...design.variables },
    });
    const after = await readCounts(folder);
    return { simulator: after.simulator - before.simulator, cpp: after.cpp - before.cpp };
  };
  await build(initialDesign);
  const outcomes = [];
  for (const change of wanted) {
    onChange(change.input);
    const design = { ...initialDesign, ...change.set };
    const undo = await makeChange(folder, change);
    const changed = await build(design);
    await touch(folder, change);
    const touched = await build(design);
    await undo();
    outcomes.push({ changed, touched, back: await build(initialDesign) });
  }
  return outcomes;
}

/** Programs in front of the real ones on PATH that write down each start for more than a version. */
async function installCounters(folder: string, { verilatorRoot, peerEnv }: BenchTools): Promise<string> {
  const programs = path.join(folder, 'programs');
  await mkdir(programs);
  const real: Readonly<Record<string, string>> = {
    iverilog: 'iverilog',
    verilator: `perl ${path.join(verilatorRoot, 'bin/verilator')}`,
    'c++': await findReal('c++', peerEnv['PATH'] ?? ''),
    'g++': await findReal('g++', peerEnv['PATH'] ?? ''),
  };
  for (const [name, command] of Object.entries(real)) {
    const kind = name.endsWith('++') ? 'cpp' : 'simulator';
    await writeFile(
      path.join(programs, name),
      `#!/bin/sh
version=
case " $* " in
*" --version "*|*" -V "*) [ -n "$version" ] && echo "${name === 'iverilog' ? 'Icarus Verilog version' : name} $version" && exit;;
*" -c "*|*" -o "*|*" -Mdir "*) echo ${kind} >> ${folder}/starts;;
esac
PATH=\${PATH#*:} exec ${command} "$@"
`,
    );
    await chmod(path.join(programs, name), 0o755);
  }
  await writeFile(path.join(folder, 'starts'), '');
  return programs;
}

async function findReal(name: string, searchPath: string): Promise<string> {
  for (const folder of searchPath.split(':')) {
    const found = await realpath(path.join(folder, name)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return name;
}

async function readCounts(folder: string): Promise<Starts> {
  const lines = (await readFile(path.join(folder, 'starts'), 'utf8')).split('\n');
  const count = (kind: string): number => lines.filter((line) => line === kind).length;
  return { simulator: count('simulator'), cpp: count('cpp') };
}

function tableOf(simulator: Simulated, rows: readonly Row[]): Table {
  // A new executable is a new program: on Verilator only C++ makes one.
  const isMade = (starts: Starts): boolean => (simulator === 'icarus' ? starts.simulator : starts.cpp) > 0;
  const isStarted = ({ simulator: started, cpp }: Starts): boolean => started + cpp > 0;
  const names = rows[0]?.outcomes.map(({ builder }) => builder) ?? [];
  const cells = rows.map(({ input, outcomes }) => [
    input,
    ...outcomes.map(({ changed, touched, back }) =>
      [
        isMade(changed) ? 'compiled' : 'STALE',
        isMade(touched) ? 'compiled' : isStarted(touched) ? 'front end' : 'nothing',
        isMade(back) ? 'compiled' : isMade(changed) && isStarted(back) ? 'front end' : 'nothing',
      ].join(', '),
    ),
  ]);
  const staleOnes = names.map((_, index) => {
    const missed = rows.filter(({ outcomes }) => {
      const starts = outcomes[index]?.changed;
      return starts !== undefined && !isMade(starts);
    });
    return `${missed.length} of ${rows.length} stale`;
  });
  return {
    title: `${simulator}: what a build does after a change, after a touch, after changing back`,
    columns: ['input', ...names],
    rows: [...cells, ['together', ...staleOnes]],
    notes: [
      'STALE: the changed input made no new program, so that the next simulation runs yesterday’s.',
      'front end: Verilator was started, and found that its C++ is the same.',
      'nothing after changing back: this project finds the first build again; for a peer that was stale there is nothing to do.',
    ],
  };
}
