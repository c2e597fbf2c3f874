/** What a benchmark is: a name and a function that gives tables. */
import type { BenchTools } from './tools.ts';

/** A cell: text stands as it is, a number is rounded to three figures, null is a dash. */
export type Cell = string | number | null;

/** Figures of one step of a workload. */
export interface Table {
  readonly title: string;
  /** Names of the columns; those of the first are left-aligned. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

export interface WorkloadResult {
  readonly tables: readonly Table[];
  /** Everything measured, for programs: goes into the JSON file as it is. */
  readonly data: unknown;
}

export interface BenchContext {
  /** A fresh folder for this workload alone, removed afterwards. */
  readonly folder: string;
  /** Smaller sizes, to see that everything works. */
  readonly isQuick: boolean;
  /** Nothing is left out, however long it takes. */
  readonly isFull: boolean;
  /** The checkout. */
  readonly root: string;
  /** Python with the peers, Verilator and this project compiled: made ready by the first workload that asks. */
  readonly tools: () => Promise<BenchTools>;
  /** Says on stderr what is being done. */
  readonly progress: (text: string) => void;
}

export interface Workload {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<WorkloadResult>;
}
