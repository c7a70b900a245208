import { SourceMap } from "node:module";
import type { PreparedFile } from "./prepare.ts";

/**
 * Makes errors tell the lines that the author wrote, where these are in prepared files: Node follows no source maps in
 * code that was compiled as a function.
 */
export function mapStacks(prepared: ReadonlyMap<string, PreparedFile>): void {
  const maps = new Map<string, SourceMap>();
  const mapOf = (path: string): SourceMap | undefined => {
    const known = maps.get(path);
    if (known) return known;
    const file = prepared.get(path);
    const encoded =
      file && "code" in file ? /sourceMappingURL=\S*base64,(\S+)/.exec(file.code)?.[1] : undefined;
    if (encoded === undefined) return undefined;
    const map = new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString()));
    maps.set(path, map);
    return map;
  };
  Error.prepareStackTrace = (error, sites) => {
    const lines = sites.map((site) => {
      const map = mapOf(site.getFileName() ?? "");
      const entry = map?.findEntry((site.getLineNumber() ?? 1) - 1, (site.getColumnNumber() ?? 1) - 1);
      if (!entry || !("originalLine" in entry)) return `\n    at ${site}`;
      const place = `${site.getFileName()}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
      return `\n    at ${site.getFunctionName() ?? "<anonymous>"} (${place})`;
    });
    return `${error}${lines.join("")}`;
  };
}
