import type { Place } from "../faults.ts";
import { failConstantWrites } from "./constants.ts";
import type { Findings } from "./findings.ts";
import { declareGlobals } from "./globals.ts";
import { adaptImports } from "./imports.ts";
import { scheduleOwnJobs } from "./jobs.ts";
import { guardLoops } from "./loops.ts";
import { type ParsedFile, parseSource } from "./parse.ts";
import { refuseUnsupported } from "./refuse.ts";
import { guardThenables } from "./thenables.ts";
import { collectTopLevel } from "./top-level.ts";
import { SourceError, transformSource } from "./transform.ts";

/** Reads and edits one file, and notes in the findings what the app's factory must provide. */
export type Adapter = (file: ParsedFile, findings: Findings) => void;

const ADAPTERS: readonly Adapter[] = [
  refuseUnsupported,
  declareGlobals,
  failConstantWrites,
  adaptImports,
  scheduleOwnJobs,
  collectTopLevel,
  guardLoops,
  guardThenables,
];

export interface AdaptedFile {
  code: string;
  /** The author's place for one in `code`; exact by line, since the adapters keep the lines. */
  originOf(place: Place): Place;
}

/**
 * Turns a file as its author wrote it into a strict-mode module that behaves as it did in PostHog. Faults go to the
 * report; undefined when the file has some.
 */
export async function adaptSource(
  source: string,
  file: { path: string; isEntry: boolean },
  findings: Findings,
): Promise<AdaptedFile | undefined> {
  const { faults, warnings } = findings.report;
  const faultsBefore = faults.length;
  try {
    const transformed = await transformSource(source, file.path);
    for (const place of transformed.madeAsync) {
      warnings.push({
        app: findings.app,
        file: file.path,
        ...place,
        message: "This function awaits without being async; it is compiled as async",
      });
    }
    const parsed = parseSource({ ...file, ...transformed });
    for (const adapt of ADAPTERS) adapt(parsed, findings);
    if (faults.length > faultsBefore) return undefined;
    return { code: parsed.edit.toString(), originOf: transformed.originOf };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    faults.push({ app: findings.app, file: file.path, ...error.place, message: error.message });
    return undefined;
  }
}
