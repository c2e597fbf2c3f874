/** The command line that shows waves. */
import path from 'node:path';
import { quote } from './reproduce.ts';

/** Viewers in the order of cocotb's runner, and the formats that they read. */
const viewers = [
  { name: 'surfer', formats: ['.fst', '.vcd', '.ghw'] },
  { name: 'gtkwave', formats: ['.fst', '.vcd', '.ghw', '.lxt', '.lxt2'] },
] as const;

/**
 * One line that opens the waves in the viewer that is there; undefined when none is, or none reads the format.
 *
 * @param isOnPath - Whether an executable is on PATH.
 */
export function viewLine(wavesFile: string, isOnPath: (name: string) => boolean): string | undefined {
  const format = path.extname(wavesFile);
  const viewer = viewers.find(({ name, formats }) => (formats as readonly string[]).includes(format) && isOnPath(name));
  return viewer === undefined ? undefined : `${viewer.name} ${quote(wavesFile)}`;
}
