import { SourceMap } from "node:module";
import type { SourceLines } from "../apps/definition.ts";
import type { Place } from "./faults.ts";

/**
 * Reads from esbuild's source map which line of the author's each line of the bundled code comes from.
 * @param originOf the author's place for one in a file as it was bundled */
export function readSourceLines(
  code: string,
  map: string,
  originOf: (file: string, place: Place) => Place,
): SourceLines {
  const sources = new SourceMap(JSON.parse(map));
  const files: string[] = [];
  const runs: number[] = [];
  let [fileBefore, lineBefore] = [-1, 0];
  const lines = code.split("\n");
  lines.forEach((text, index) => {
    const entry = sources.findEntry(index, Math.max(0, text.search(/\S/)));
    let [file, line] = [-1, 0];
    const isMapped = "originalSource" in entry && entry.generatedLine === index;
    // Whatever is not the app's own is a stand-in for a library or a package.
    const name = isMapped ? /app:(.*)$/.exec(entry.originalSource)?.[1] : undefined;
    if (isMapped && name !== undefined) {
      file = files.includes(name) ? files.indexOf(name) : files.push(name) - 1;
      line = originOf(name, { line: entry.originalLine + 1, column: entry.originalColumn + 1 }).line;
    }
    const goesOn = file === fileBefore && (file === -1 || line === lineBefore + 1);
    if (!goesOn) runs.push(index, file, line);
    [fileBefore, lineBefore] = [file, line];
  });
  return { count: lines.length, files, runs };
}
