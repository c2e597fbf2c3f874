/** Refuses options that a simulator would ignore: silence would let a user believe that they had an effect. */
import type { ResolvedDesign, ResolvedSource } from '../options/design.ts';
import type { OptionProblem } from '../options/option-error.ts';
import type { ResolvedSimulation } from '../options/simulation.ts';
import type { Simulator } from './simulator.ts';

/** Sources and arguments in languages that the simulator doesn't have, names of libraries and coverage where it has none. */
export function refuseSources(
  { title, capabilities }: Simulator,
  design: ResolvedDesign,
  languages: readonly ResolvedSource['language'][],
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  for (const { path: file, language } of design.sources) {
    if (!languages.includes(language)) {
      problems.push({ option: 'sources', expected: `no ${language} source, for ${title} takes none`, received: file });
    }
  }
  for (const { value, language } of design.buildArgs) {
    if (language !== undefined && !capabilities.languages.includes(language)) {
      problems.push({
        option: 'buildArgs',
        expected: `no argument for ${language}, for ${title} compiles none`,
        received: value,
      });
    }
  }
  const libraries = [...new Set([design.library, ...design.sources.map(({ library }) => library)])];
  if (!capabilities.libraries && libraries.some((library) => library !== 'top')) {
    problems.push({ option: 'library', expected: `none, for ${title} has no libraries`, received: libraries });
  }
  if (design.coverage && !capabilities.coverage) {
    problems.push({ option: 'coverage', expected: `false, for ${title} collects none`, received: true });
  }
  return problems;
}

/** Options of a simulation that the simulator's capabilities rule out. */
export function refuseUnused(
  { title, capabilities }: Simulator,
  design: ResolvedDesign,
  simulation: ResolvedSimulation,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const refuse = (option: string, expected: string, received: unknown): void => {
    problems.push({ option, expected, received });
  };
  if (simulation.parameters !== undefined && !capabilities.runtimeParameters) {
    refuse('parameters', `none: ${title} compiles them in, so give them to the design`, simulation.parameters);
  }
  if (simulation.timescale !== undefined && !capabilities.runtimeTimescale) {
    refuse('timescale', `none: ${title} compiles it in, so give it to the design`, simulation.timescale);
  }
  if (simulation.elabArgs.length > 0 && !capabilities.elabArgs) {
    refuse('elabArgs', `none: ${title} has no elaboration of its own`, simulation.elabArgs);
  }
  if (simulation.preCmd !== undefined && !capabilities.preCmd) {
    refuse('preCmd', `none: ${title} takes no commands before a simulation`, simulation.preCmd);
  }
  const language = simulation.toplevelLang;
  if (language !== undefined && !capabilities.languages.includes(language)) {
    refuse('toplevelLang', `one of ${capabilities.languages.join(', ')} with ${title}`, language);
  }
  const unknown = simulation.gpiInterfaces.filter((name) => !capabilities.gpiInterfaces.includes(name));
  if (unknown.length > 0) refuse('gpiInterfaces', `of ${capabilities.gpiInterfaces.join(', ')} with ${title}`, unknown);
  if (!capabilities.libraries && simulation.toplevelLibrary !== design.library) {
    refuse('toplevelLibrary', `none, for ${title} has no libraries`, simulation.toplevelLibrary);
  }
  return problems;
}
