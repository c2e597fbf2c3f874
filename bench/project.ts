/** A generated project that every contender runs in its own way: designs, cocotb test modules and the list of tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface ProjectDesign {
  readonly name: string;
  readonly toplevel: string;
  /** Relative to the project's folder. */
  readonly sources: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
}

export interface ProjectTest {
  /** Name of the design. */
  readonly design: string;
  /** Python module that has the test. */
  readonly module: string;
  readonly test: string;
}

export interface Project {
  readonly designs: readonly ProjectDesign[];
  readonly tests: readonly ProjectTest[];
  /** HDL and Python sources: content by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Writes the sources and project.json, from which the contenders' drivers read what to run. */
export async function writeProject({ designs, tests, files }: Project, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries({ ...files, 'project.json': JSON.stringify({ designs, tests }) }).map(([name, content]) =>
      writeFile(path.join(folder, name), content),
    ),
  );
}
