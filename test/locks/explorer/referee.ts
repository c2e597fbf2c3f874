/** Judges what the contenders of a schedule believe: two that exclude each other are never inside at once, and nobody removes what a live one has. */
import type { Actor } from './actor.ts';
import type { Inside } from './contender.ts';

export class Referee {
  readonly violations: string[] = [];
  readonly #actors: readonly Actor[];

  /** @param actors those of the schedule, also those that come later. */
  constructor(actors: readonly Actor[]) {
    this.#actors = actors;
  }

  /** What an actor tells of its lock. */
  inside(actor: Actor): Inside {
    return {
      enter: async () => {
        const excluded = this.#insiders().filter(
          (other) => other.contender.role === 'exclusive' || actor.contender.role === 'exclusive',
        );
        for (const other of excluded) {
          if (!other.isIntact) other.overtaken = true;
          if (!other.isExcused && !actor.isExcused) this.violations.push(`two holders: #${actor.id} and #${other.id}`);
        }
        actor.overtaken = excluded.some((other) => other.isIntact);
        actor.inside = true;
        await actor.park('work', () => undefined);
      },
      leave: () => {
        actor.inside = false;
        actor.releasing = true;
      },
      released: (wasHeld) => {
        if (wasHeld && actor.overtaken) this.violations.push(`#${actor.id} was not told that it had lost the lock`);
        actor.overtaken = false;
        actor.releasing = false;
        actor.silent = 0;
        actor.leaseLost = false;
      },
    };
  }

  /** Looks at the others inside before and after one goes on. */
  async watch(actor: Actor, goOn: () => Promise<void>): Promise<void> {
    const intact = this.#insiders().filter((other) => other.isIntact);
    await goOn();
    for (const other of intact) {
      if (other !== actor && other.inside && !other.isIntact && !other.isExcused)
        this.violations.push(
          `${actor.releasing ? 'foreign release' : 'live lock broken'}: #${actor.id} removed that of #${other.id}`,
        );
    }
  }

  #insiders(): readonly Actor[] {
    return this.#actors.filter((actor) => actor.inside && actor.state !== 'crashed');
  }
}
