/** What this package has to know of the simulators that cocotb's own runner drives; all else the runner knows. */
import type { SimulatorName } from '../options/design.ts';
import type { Capabilities } from './simulator.ts';

/** Simulators that are driven through cocotb's runner. */
export type BridgedName = Exclude<SimulatorName, 'verilator' | 'icarus'>;

export interface BridgedFacts {
  readonly name: BridgedName;
  readonly title: string;
  readonly capabilities: Capabilities;
  /** What the runner looks for on PATH, and how it tells its version. */
  readonly executable: string;
  readonly versionArgs: readonly string[];
  readonly versionPattern: RegExp;
  readonly mend: string;
  /** Call of the runner that takes a timescale with this simulator. */
  readonly timescale: 'build' | 'test' | 'none';
  /** Whether calls of the runner's build() can compile one library after the other. */
  readonly manyLibraries: boolean;
  /** Whether the runner starts a GUI or records waves for a viewer. */
  readonly gui: boolean;
  /** Where waves are, relative to the working folder; undefined when the runner records none. */
  readonly wavesFile: ((toplevel: string) => string) | undefined;
  readonly identityVariables: readonly string[];
}

// Read from cocotb_tools/runner.py of cocotb 2.1. Where a call ignores an argument or raises for it, the option is refused.
const both = {
  languages: ['verilog', 'vhdl'],
  libraries: true,
  runtimeParameters: false,
  runtimeTimescale: false,
  elabArgs: false,
  preCmd: false,
  coverage: false,
  warm: undefined,
} as const;

const licensed = 'install it with its licence, and put its folder on PATH';

export const bridgedFacts: readonly BridgedFacts[] = [
  {
    name: 'ghdl',
    title: 'GHDL',
    capabilities: {
      ...both,
      languages: ['vhdl'],
      gpiInterfaces: ['vpi'],
      runtimeParameters: true,
      runtimeTimescale: true,
    },
    executable: 'ghdl',
    versionArgs: ['--version'],
    versionPattern: /^GHDL (\d[\w.]*)/m,
    mend: 'apt-get install ghdl',
    timescale: 'test',
    manyLibraries: true,
    gui: true,
    wavesFile: (toplevel) => `${toplevel}.ghw`,
    identityVariables: ['GHDL_PREFIX'],
  },
  {
    name: 'nvc',
    title: 'NVC',
    capabilities: { ...both, languages: ['vhdl'], gpiInterfaces: ['vhpi'], runtimeParameters: true, elabArgs: true },
    executable: 'nvc',
    versionArgs: ['--version'],
    versionPattern: /^nvc (\d[\w.]*)/m,
    mend: 'see https://www.nickg.me.uk/nvc/',
    timescale: 'none',
    manyLibraries: true,
    gui: true,
    wavesFile: (toplevel) => `${toplevel}.fst`,
    identityVariables: ['NVC_LIBPATH'],
  },
  {
    name: 'questa',
    title: 'Questa',
    capabilities: { ...both, gpiInterfaces: ['vpi', 'fli', 'vhpi'], runtimeParameters: true, preCmd: true },
    executable: 'vsim',
    versionArgs: ['-version'],
    versionPattern: /\bvsim (\d[\w.]*)/,
    mend: licensed,
    timescale: 'none',
    manyLibraries: true,
    gui: true,
    wavesFile: () => 'vsim.wlf',
    identityVariables: ['MODELSIM'],
  },
  {
    name: 'questa-qisqrun',
    title: 'Questa QIS',
    capabilities: { ...both, gpiInterfaces: ['vpi', 'fli', 'vhpi'], preCmd: true },
    executable: 'qrun',
    versionArgs: ['-version'],
    versionPattern: /(?:qrun|vsim) (\d[\w.]*)/,
    mend: licensed,
    timescale: 'build',
    manyLibraries: false,
    gui: true,
    wavesFile: () => 'qwave.db',
    identityVariables: ['MODELSIM'],
  },
  {
    name: 'xcelium',
    title: 'Xcelium',
    capabilities: { ...both, gpiInterfaces: ['vpi', 'vhpi'] },
    executable: 'xrun',
    versionArgs: ['-version'],
    versionPattern: /xrun(?:\(64\))?:?\s+(\d[\w.-]*)/,
    mend: licensed,
    timescale: 'build',
    manyLibraries: false,
    gui: true,
    wavesFile: () => 'cocotb_waves.shm',
    identityVariables: ['CDS_AUTO_64BIT'],
  },
  {
    name: 'vcs',
    title: 'VCS',
    capabilities: { ...both, languages: ['verilog'], libraries: false, gpiInterfaces: ['vpi'] },
    executable: 'vcs',
    versionArgs: ['-ID'],
    versionPattern: /version\s*[:=]\s*(\S+)/i,
    mend: licensed,
    timescale: 'none',
    manyLibraries: false,
    gui: false,
    wavesFile: undefined,
    identityVariables: ['VCS_HOME', 'VCS_ARCH_OVERRIDE'],
  },
  {
    name: 'riviera',
    title: 'Riviera-PRO',
    capabilities: { ...both, gpiInterfaces: ['vpi', 'vhpi'], runtimeParameters: true, preCmd: true },
    executable: 'vsimsa',
    versionArgs: ['-version'],
    versionPattern: /version\s+(\d[\w.]*)/i,
    mend: licensed,
    timescale: 'none',
    manyLibraries: true,
    gui: true,
    wavesFile: () => 'dataset.asdb',
    identityVariables: [],
  },
  {
    name: 'activehdl',
    title: 'Active-HDL',
    capabilities: { ...both, gpiInterfaces: ['vpi', 'vhpi'], runtimeParameters: true },
    executable: 'vsimsa',
    versionArgs: ['-version'],
    versionPattern: /version\s+(\d[\w.]*)/i,
    mend: licensed,
    timescale: 'none',
    manyLibraries: true,
    gui: false,
    wavesFile: () => 'dataset.asdb',
    identityVariables: [],
  },
  {
    name: 'dsim',
    title: 'DSim',
    capabilities: { ...both, languages: ['verilog'], libraries: false, gpiInterfaces: ['vpi'], runtimeTimescale: true },
    executable: 'dsim',
    versionArgs: ['-version'],
    versionPattern: /version\s*:?\s*(\d[\w.]*)/i,
    mend: licensed,
    timescale: 'test',
    manyLibraries: false,
    gui: true,
    wavesFile: () => 'file.vcd',
    identityVariables: ['DSIM_HOME'],
  },
];
