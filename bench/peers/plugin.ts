/** cocotb's own pytest plugin: a runner function, and so a simulation, for each test; alone or with pytest-xdist. */
import { copyDriver, selectionEnv, sumOf, type Contender } from '../contender.ts';

const plugin = 'cocotb_tools._pytest.plugin';

/** @param workers - pytest-xdist's -n. */
export function cocotbPlugin(workers: number): Contender {
  return {
    name: `cocotb's pytest plugin, -n ${workers}`,
    kind: 'peer',
    // A simulation can be told a module, not a test of it.
    wantsModulePerTest: true,
    isReference: false,
    prepare: (folder) =>
      copyDriver(folder, {
        'plugin_conftest.py': 'conftest.py',
        'plugin_tests.py': 'test_bench.py',
        'selection.py': 'selection.py',
      }),
    command: (folder, { python, peerEnv }, selection) => ({
      argv: [
        ...[python, '-m', 'pytest', '-q', '-p', plugin, '-p', 'xdist', '-n', String(workers), 'test_bench.py'],
        // The pytest inside the simulation needs no more than the plugin.
        `--cocotb-pytest-args=-q -p ${plugin}`,
      ],
      cwd: folder,
      env: { ...peerEnv, ...selectionEnv(selection) },
    }),
    countPassed: (log) => sumOf(log, /(\d+) passed cocotb runner/g),
  };
}
