/** cocotb-test with pytest-xdist: a pytest test, and so a simulation, for each test. */
import { copyDriver, selectionEnv, sumOf, type Contender } from '../contender.ts';

/** @param workers - pytest-xdist's -n. */
export function cocotbTest(workers: number): Contender {
  return {
    name: `cocotb-test, -n ${workers}`,
    kind: 'peer',
    wantsModulePerTest: false,
    isReference: false,
    prepare: (folder) =>
      copyDriver(folder, {
        'cocotb_test_conftest.py': 'conftest.py',
        'cocotb_test_tests.py': 'test_bench.py',
        'selection.py': 'selection.py',
      }),
    command: (folder, { python, peerEnv }, selection) => ({
      argv: [python, '-m', 'pytest', '-q', '-p', 'xdist', '-n', String(workers), 'test_bench.py'],
      cwd: folder,
      env: { ...peerEnv, ...selectionEnv(selection) },
    }),
    countPassed: (log) => sumOf(log, /(\d+) passed/g),
  };
}
