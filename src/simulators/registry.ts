/** Knows every simulator; nothing else does. */
import type { ResolvedDesign, SimulatorName } from '../options/design.ts';
import { OptionError } from '../options/option-error.ts';
import { bridgedSimulator } from './bridge.ts';
import { bridgedFacts, type BridgedName } from './bridged.ts';
import { icarus } from './icarus.ts';
import type { Simulator } from './simulator.ts';
import { verilator } from './verilator.ts';

/** Makes each simulator when it is first asked for. */
export const simulators: Readonly<Record<SimulatorName, () => Simulator>> = {
  verilator: () => verilator,
  icarus: () => icarus,
  ...(Object.fromEntries(bridgedFacts.map((facts) => [facts.name, () => bridgedSimulator(facts)])) as Record<
    BridgedName,
    () => Simulator
  >),
};

/** The simulator of that name. */
export function simulatorNamed(name: SimulatorName): Simulator {
  return simulators[name]();
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
