/** cocotb_tools.runner in a loop: one simulation for each test, one after the other or on both cores. */
import { copyDriver, selectionEnv, sumOf, type Contender } from '../contender.ts';

/** @param jobs - Simulations (and builds) at a time. */
export function runnerLoop(jobs: number): Contender {
  return {
    name: jobs === 1 ? 'cocotb_tools.runner in a loop' : `cocotb_tools.runner, ${jobs} threads`,
    kind: 'peer',
    wantsModulePerTest: false,
    isReference: false,
    prepare: (folder) => copyDriver(folder, { 'runner_loop.py': 'runner_loop.py', 'selection.py': 'selection.py' }),
    command: (folder, { python, peerEnv }, selection) => ({
      argv: [python, 'runner_loop.py', String(jobs)],
      cwd: folder,
      env: { ...peerEnv, ...selectionEnv(selection) },
    }),
    countPassed: (log) => sumOf(log, /^passed: (\d+)$/gm),
  };
}
