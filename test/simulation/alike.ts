/** What is the same in simulations of the same tests, however they were started. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SimulationResult } from '../../src/simulation/result.ts';

/** What a simulation gave, but for paths and wall times. */
export function outcome(result: SimulationResult): unknown {
  return JSON.parse(
    normalize(
      JSON.stringify({
        verdict: result.verdict,
        tests: result.tests.map((test) => ({ ...test, wallTime: undefined })),
        seed: result.seed,
        waves: result.wavesFile,
        coverage: result.coverageFile,
      }),
      result,
    ),
  );
}

/** The files of the run folder by name, as text. */
export function files(result: SimulationResult): Record<string, string> {
  return Object.fromEntries(
    readdirSync(result.directory)
      .sort()
      // Compressed, with a time stamp inside.
      .map((name) => [
        name,
        name.endsWith('.fst') ? '' : normalize(readFileSync(path.join(result.directory, name), 'utf8'), result),
      ]),
  );
}

function normalize(text: string, { directory }: SimulationResult): string {
  return (
    text
      .replaceAll(directory, 'DIRECTORY')
      // Wall time and ratio in cocotb's summary.
      .replaceAll(/ +[\d.-]+ +[\d.-]+ +\*\*$/gm, ' **')
      .replaceAll(/(time|sim_time_ratio" value|timestamp)="[^"]*"/g, '$1')
      .replaceAll(/Took .* seconds|0x[0-9a-f]{8,}/g, '')
      // The line that let go of a file which the tests never closed.
      .replaceAll(/^.*: (ResourceWarning: unclosed file).*\n(?: .*\n)?/gm, '$1\n')
      .replaceAll(/(\$date\s+).*(\s+\$end)/g, '$1$2')
  );
}
