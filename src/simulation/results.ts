/** Reads results.xml, cocotb's report of one simulation. */
import type { SaxesParser } from 'saxes';
import type { TestResult } from './result.ts';

/** What is in a results file: every test, or why it can't be trusted. */
export type Results =
  | { readonly state: 'complete'; readonly tests: readonly TestResult[] }
  | { readonly state: 'missing' }
  | { readonly state: 'broken'; readonly reason: string };

/**
 * The tests of a results.xml. A document that is cut off is broken, however many whole tests it has.
 *
 * @param text - The file's content, undefined if there is no file.
 */
export async function parseResults(text: string | undefined): Promise<Results> {
  if (text === undefined) return { state: 'missing' };
  if (text.trim() === '') return { state: 'broken', reason: 'it is empty' };
  const { SaxesParser: Parser } = await loadSaxes();
  const parser = new Parser();
  const tests: TestResult[] = [];
  let test: OpenTest | undefined;
  let words: string | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'testcase') test = openTest(attributes);
    if (test === undefined) return;
    if (name === 'property') test.properties.set(attributes['name'] ?? '', attributes['value'] ?? '');
    if (name === 'failure' || name === 'error' || name === 'skipped') {
      test.outcome = { name, message: attributes['message'], type: attributes['type'], text: '' };
      words = '';
    }
  });
  parser.on('text', (piece) => {
    if (words !== undefined) words += piece;
  });
  parser.on('closetag', ({ name }) => {
    if (test === undefined) return;
    if (name === test.outcome?.name) {
      test.outcome.text = words ?? '';
      words = undefined;
    }
    if (name === 'testcase') {
      tests.push(closeTest(test));
      test = undefined;
    }
  });
  try {
    parser.write(text).close();
  } catch (error) {
    return { state: 'broken', reason: error instanceof Error ? error.message : String(error) };
  }
  return { state: 'complete', tests };
}

/** A testcase element while it is read. */
interface OpenTest {
  readonly module: string;
  readonly name: string;
  readonly seconds: number;
  readonly properties: Map<string, string>;
  outcome:
    | { name: 'failure' | 'error' | 'skipped'; message: string | undefined; type: string | undefined; text: string }
    | undefined;
}

function openTest(attributes: Readonly<Record<string, string>>): OpenTest {
  return {
    module: attributes['classname'] ?? '',
    name: attributes['name'] ?? '',
    seconds: Number(attributes['time'] ?? 0),
    properties: new Map(),
    outcome: undefined,
  };
}

const statusOf = { failure: 'failed', error: 'errored', skipped: 'skipped' } as const;

function closeTest({ module, name, seconds, properties, outcome }: OpenTest): TestResult {
  const number = (property: string) => {
    const value = Number(properties.get(property) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    module,
    name,
    fullName: `${module}.${name}`,
    status: outcome === undefined ? 'passed' : statusOf[outcome.name],
    simTime: number('sim_time_duration') ?? 0,
    wallTime: seconds * 1000,
    seed: number('random_seed'),
    message: outcome?.message,
    exceptionType: outcome?.type,
    traceback: outcome?.text === '' ? undefined : outcome?.text.trimEnd(),
    file: properties.get('file'),
    line: number('line'),
  };
}

let saxes: Promise<{ SaxesParser: typeof SaxesParser }> | undefined;

/** Loaded by the first simulation, not by the start of mocha; even asking for a loaded module costs as much as parsing. */
function loadSaxes(): Promise<{ SaxesParser: typeof SaxesParser }> {
  return (saxes ??= import('saxes'));
}
