/** Reads the filelists (`.f`) that simulators take, so that every simulator gets the same from them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { makeFileLookup } from './file-lookup.ts';
import { expandVariables, splitFilelist, type FilelistWord } from './filelist-words.ts';
import type { OptionProblem } from './option-error.ts';
import type { Variables } from './variables.ts';

/** What filelists say, all paths absolute. */
export interface FilelistContents {
  /** The lists read, nested ones too, in the order of reading. */
  readonly files: readonly string[];
  readonly sources: readonly { readonly path: string; readonly isLibraryFile: boolean }[];
  readonly includes: readonly string[];
  /** -y */
  readonly libraryFolders: readonly string[];
  /** +libext+ */
  readonly libraryExtensions: readonly string[];
  readonly defines: Readonly<Record<string, string | null>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** What is none of these, for the simulator. */
  readonly buildArgs: readonly string[];
  readonly problems: readonly OptionProblem[];
}

export interface FilelistOptions {
  /** Folder that the lists are relative to, and what stands in them unless a list was named by `-F`. */
  readonly cwd: string;
  /** Values of $X, ${X} and $(X). */
  readonly variables: Variables;
}

/** Reads filelists and those they name. Never throws: what is wrong is in `problems`, with list and line. */
export function readFilelists(lists: readonly string[], options: FilelistOptions): FilelistContents {
  const reader = new Reader(options);
  lists.forEach((list, index) => {
    reader.readList(path.resolve(options.cwd, list), { base: options.cwd, from: `filelists[${index}]`, chain: [] });
  });
  return reader.contents;
}

/** Where a word stands and what paths there are relative to. */
interface Place {
  readonly base: string;
  readonly at: string;
  readonly chain: readonly string[];
}

// Options of Verilator and Icarus whose value is the next word, which is therefore no source.
const optionsWithValue = new Set(
  (
    '-CFLAGS -LDFLAGS -MAKEFLAGS -FI -o -s -t -T -m -M -N -p -j -work --top --top-module --prefix --mod-prefix ' +
    '--Mdir --timescale --timescale-override --threads --threads-dpi --x-assign --x-initial --trace-depth ' +
    '--trace-max-array --trace-max-width --unroll-count --unroll-limit --unroll-stmts --language ' +
    '--default-language --compiler --compiler-include --converge-limit --coverage-max-width --error-limit ' +
    '--expand-limit --if-depth --inline-mult --l2-name --max-num-width --output-split --output-split-cfuncs ' +
    '--output-split-ctrace --output-groups --pins-bv --protect-key --reloop-limit --replication-limit ' +
    '--unused-regexp --build-jobs --verilate-jobs --waiver-output --instr-count-dpi'
  ).split(' '),
);

class Reader {
  readonly #cwd: string;
  readonly #variables: Variables;
  readonly #isFile = makeFileLookup();
  readonly #files = new Set<string>();
  readonly #sources: { path: string; isLibraryFile: boolean }[] = [];
  readonly #includes: string[] = [];
  readonly #libraryFolders: string[] = [];
  readonly #libraryExtensions: string[] = [];
  readonly #defines: Record<string, string | null> = {};
  readonly #parameters: Record<string, string> = {};
  readonly #buildArgs: string[] = [];
  readonly #problems: OptionProblem[] = [];

  constructor({ cwd, variables }: FilelistOptions) {
    this.#cwd = cwd;
    this.#variables = variables;
  }

  get contents(): FilelistContents {
    return {
      files: [...this.#files],
      sources: this.#sources,
      includes: this.#includes,
      libraryFolders: this.#libraryFolders,
      libraryExtensions: this.#libraryExtensions,
      defines: this.#defines,
      parameters: this.#parameters,
      buildArgs: this.#buildArgs,
      problems: this.#problems,
    };
  }

  readList(
    list: string,
    { base, from, chain }: { readonly base: string; readonly from: string; readonly chain: readonly string[] },
  ): void {
    if (chain.includes(list)) {
      const circle = [...chain.slice(chain.indexOf(list)), list].join(' -> ');
      this.#problems.push({
        option: from,
        expected: 'filelists that do not name each other in a circle',
        received: circle,
      });
      return;
    }
    const content = readText(list);
    if (content === undefined) {
      this.#problems.push({ option: from, expected: 'a filelist that can be read', received: list });
      return;
    }
    this.#files.add(list);
    const words = splitFilelist(content).map((word) => {
      const place = { base, at: `${list}:${word.line}`, chain: [...chain, list] };
      return { place, text: this.#expand(word, place) };
    });
    for (let index = 0; index < words.length;) {
      const word = words[index];
      if (word === undefined) break;
      index += this.#takeWord(word.text, words[index + 1]?.text, word.place);
    }
  }

  /** Takes a word and says how many words that used up. */
  #takeWord(word: string, next: string | undefined, place: Place): number {
    if (word.startsWith('+')) {
      this.#takePlus(word, place);
      return 1;
    }
    if (!word.startsWith('-')) {
      this.#addSource(word, false, place);
      return 1;
    }
    const spaced = /^(-f|-F|-c|-file|-v|-l|-y|-I|-D|-G|-P|-Y)$/.exec(word)?.[1];
    if (spaced !== undefined) {
      if (next === undefined) {
        this.#problems.push({ option: place.at, expected: `a value after ${word}`, received: 'the end of the list' });
        return 1;
      }
      this.#takeOption(spaced, next, place);
      return 2;
    }
    // -DNAME, -Ifolder, -GNAME=value and the like; other options begin with these letters, too.
    const joined = /^(-D(?=\w)|-I|-[GP](?=[\w.$]+=)|-y|-Y(?=\.))(.+)$/.exec(word);
    if (joined !== null) {
      this.#takeOption(joined[1] ?? '', joined[2] ?? '', place);
      return 1;
    }
    this.#buildArgs.push(word);
    // Verilator takes its long options with one dash, too.
    const takesValue = optionsWithValue.has(word) || optionsWithValue.has(`-${word}`);
    if (!takesValue || next === undefined) return 1;
    this.#buildArgs.push(next);
    return 2;
  }

  #takeOption(option: string, value: string, place: Place): void {
    const file = path.resolve(place.base, value);
    switch (option) {
      case '-f':
      case '-c':
      case '-file':
        // What the list names is relative to the working folder again, as Verilator reads it.
        this.readList(file, { base: this.#cwd, from: place.at, chain: place.chain });
        break;
      case '-F':
        this.readList(file, { base: path.dirname(file), from: place.at, chain: place.chain });
        break;
      case '-v':
      case '-l':
        this.#addSource(value, true, place);
        break;
      case '-y':
        this.#libraryFolders.push(file);
        break;
      case '-Y':
        this.#libraryExtensions.push(value);
        break;
      case '-I':
        this.#includes.push(file);
        break;
      case '-D':
        this.#define(value);
        break;
      default:
        this.#setParameter(value, place);
    }
  }

  #takePlus(word: string, place: Place): void {
    const [, kind = '', ...values] = word.split('+');
    const given = values.filter((value) => value !== '');
    switch (kind) {
      case 'incdir':
        this.#includes.push(...given.map((folder) => path.resolve(place.base, folder)));
        break;
      case 'define':
        given.forEach((value) => {
          this.#define(value);
        });
        break;
      case 'libext':
        this.#libraryExtensions.push(...given);
        break;
      case 'parameter':
        given.forEach((value) => {
          this.#setParameter(value, place);
        });
        break;
      default:
        this.#buildArgs.push(word);
    }
  }

  #define(text: string): void {
    const { name, value } = splitAtEquals(text);
    this.#defines[name] = value ?? null;
  }

  #setParameter(text: string, place: Place): void {
    const { name, value } = splitAtEquals(text);
    if (value === undefined) {
      this.#problems.push({ option: place.at, expected: 'a parameter as NAME=value', received: text });
      return;
    }
    // Icarus names the toplevel in front.
    this.#parameters[name.slice(name.lastIndexOf('.') + 1)] = value;
  }

  #addSource(word: string, isLibraryFile: boolean, place: Place): void {
    const file = path.resolve(place.base, word);
    if (!this.#isFile(file)) {
      this.#problems.push({ option: place.at, expected: 'an existing file', received: file });
      return;
    }
    this.#sources.push({ path: file, isLibraryFile });
  }

  #expand({ text }: FilelistWord, place: Place): string {
    return expandVariables(text, this.#variables, (name) => {
      const expected = `the environment variable ${name} to be set`;
      this.#problems.push({ option: place.at, expected, received: text });
    });
  }
}

function splitAtEquals(text: string): { readonly name: string; readonly value: string | undefined } {
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text, value: undefined } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
