import type { Place, Report } from "../faults.ts";

/** What the files of one app turn out to need of its factory; the source adapters add to it file by file. */
export interface Findings {
  /** The app's folder name. */
  app: string;
  /** Names that are assigned and nowhere declared, or set on the global object. */
  implicitGlobals: Set<string>;
  usesBuffer: boolean;
  /** Host libraries that are imported. */
  libraries: Set<string>;
  /** npm packages that are imported. */
  packages: Set<string>;
  /** For each file and specifier, where it is first imported. */
  imports: Map<string, Map<string, () => Place>>;
  report: Report;
}

export function createFindings(app: string, report: Report): Findings {
  return {
    app,
    implicitGlobals: new Set(),
    usesBuffer: false,
    libraries: new Set(),
    packages: new Set(),
    imports: new Map(),
    report,
  };
}
