/** Runs many schedules: all within a bound, or random ones. */
import type { Contender } from './contender.ts';
import { World, type Budget, type Faults } from './world.ts';

export interface Exploration {
  readonly schedules: number;
  readonly steps: number;
  /** False when the limit of schedules came first. */
  readonly isComplete: boolean;
  /** The first violation, with the schedule that leads to it. */
  readonly violation: { readonly what: string; readonly trace: readonly string[] } | undefined;
}

export interface ExploreOptions {
  readonly contenders: () => readonly Contender[];
  readonly faults: Faults;
  readonly budget: Budget;
  readonly isOneHost: boolean;
  readonly limit: number;
  /** Which violations to look for. @defaultValue all */
  readonly isWanted?: (violation: string) => boolean;
}

export const NO_FAULTS: Faults = { crash: false, suspend: false, lease: false, resend: false, staleLookup: false };
export const ALL_FAULTS: Faults = { crash: true, suspend: true, lease: true, resend: true, staleLookup: true };

/** Every schedule within the budget, depth first, up to a limit; stops at the first violation. */
export async function enumerate(options: ExploreOptions): Promise<Exploration> {
  const path: { choice: number; count: number }[] = [];
  let schedules = 0;
  let steps = 0;
  while (schedules < options.limit) {
    let depth = 0;
    const world = new World({
      ...options,
      contenders: options.contenders(),
      budget: { ...options.budget },
      random: () => 0.5,
      choose(count) {
        const known = path[depth];
        if (known === undefined) path.push({ choice: 0, count });
        return path[depth++]?.choice ?? 0;
      },
    });
    await world.run();
    schedules++;
    steps += world.steps;
    const what = world.violations.find(options.isWanted ?? (() => true));
    if (what !== undefined) return { schedules, steps, isComplete: false, violation: { what, trace: world.trace } };
    while (path.length > 0) {
      const last = path[path.length - 1];
      if (last !== undefined && last.choice + 1 < last.count) {
        last.choice++;
        break;
      }
      path.pop();
    }
    if (path.length === 0) return { schedules, steps, isComplete: true, violation: undefined };
  }
  return { schedules, steps, isComplete: false, violation: undefined };
}

/** Random schedules from a seed. */
export async function sample(options: ExploreOptions, seed: number): Promise<Exploration> {
  const random = mulberry32(seed);
  let steps = 0;
  for (let schedules = 1; schedules <= options.limit; schedules++) {
    // Pre-emptions are spread over the whole schedule.
    const rate = random() * 0.5;
    const world = new World({
      ...options,
      contenders: options.contenders(),
      budget: { ...options.budget },
      random,
      choose: (count) => (random() < rate ? Math.floor(random() * count) : 0),
    });
    await world.run();
    steps += world.steps;
    const what = world.violations.find(options.isWanted ?? (() => true));
    if (what !== undefined) return { schedules, steps, isComplete: false, violation: { what, trace: world.trace } };
  }
  return { schedules: options.limit, steps, isComplete: false, violation: undefined };
}

/** A small random number generator, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
