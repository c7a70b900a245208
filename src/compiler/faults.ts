/** A position in a file as editors count it: both numbers start at 1. */
export interface Place {
  line: number;
  column: number;
}

/** One thing that is wrong with an app or with `apps.json`, and what to do about it. */
export interface Fault extends Partial<Place> {
  /** The app's folder; undefined when the fault is not one app's. */
  app?: string;
  /** Relative to the project, with forward slashes. */
  file: string;
  message: string;
  hint?: string;
  /** The npm package that is not installed, when that is the fault. */
  missingPackage?: string;
}

/** Collects what compiling finds, so that one run names everything that has to be mended. */
export interface Report {
  readonly faults: Fault[];
  readonly warnings: Fault[];
}

export function createReport(): Report {
  return { faults: [], warnings: [] };
}

/** Compiling failed; nothing was written. The message has one line per fault. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = inReadingOrder(faults);
    super(sorted.map(describeFault).join("\n"));
    this.faults = sorted;
  }
}

/** `plugins/foo/index.ts:12:5 [foo] message (hint)` */
export function describeFault({ app, file, line, column, message, hint }: Fault): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}${app === undefined ? "" : ` [${app}]`} ${message}${hint ? ` (${hint})` : ""}`;
}

/** Sorted by file and place: apps compile side by side, and their order of finishing must not show. */
export function inReadingOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compareText(a.message, b.message),
  );
}

/** By code unit, the same on every machine, unlike `localeCompare`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
