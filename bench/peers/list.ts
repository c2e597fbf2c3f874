/** The peers that the workloads take, and what readers of their figures should know. */
import type { Contender } from '../contender.ts';
import { cocotbPlugin } from './plugin.ts';
import { cocotbTest } from './cocotb-test.ts';
import { runnerLoop } from './runner.ts';

/** Every way of running each test in a process of its own. */
export const allPeers: readonly Contender[] = [
  runnerLoop(1),
  runnerLoop(2),
  cocotbPlugin(0),
  cocotbPlugin(2),
  cocotbTest(2),
];

/** Each peer as it uses both cores: for workloads in which compiles decide. */
export const parallelPeers: readonly Contender[] = [runnerLoop(2), cocotbPlugin(2), cocotbTest(2)];

/** Each peer with one simulation at a time. */
export const serialPeers: readonly Contender[] = [runnerLoop(1), cocotbPlugin(0), cocotbTest(0)];

export const peerNotes = [
  "Verilator without waves throughout. Peers compile once and log to files or into pytest's capture; cocotb-test would run Verilator and make before each test, and was kept from it.",
  'Everything runs in one Python environment; plugins of pytest that are not needed are not loaded.',
];
