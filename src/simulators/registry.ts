/** Knows every simulator; nothing else does. */
import type { ResolvedDesign, SimulatorName } from '../options/design.ts';
import { OptionError } from '../options/option-error.ts';
import { icarus } from './icarus.ts';
import type { Simulator } from './simulator.ts';
import { verilator } from './verilator.ts';

/** Every simulator. */
export const simulators: readonly Simulator[] = [verilator, icarus];

/** The simulator of that name. */
export function simulatorNamed(name: SimulatorName): Simulator {
  const found = simulators.find((simulator) => simulator.name === name);
  if (found === undefined) {
    throw new OptionError([
      { option: 'simulator', expected: `one of ${simulators.map((known) => known.name).join(', ')}`, received: name },
    ]);
  }
  return found;
}

/**
 * The simulator of a design, which takes all of its options.
 *
 * @throws OptionError with every option that the simulator would ignore or can't take.
 */
export function simulatorFor(design: ResolvedDesign): Simulator {
  const simulator = simulatorNamed(design.simulator);
  const problems = simulator.checkDesign(design);
  if (problems.length > 0) throw new OptionError(problems, `design ${design.toplevel}`);
  return simulator;
}
