import { type Location, type Message, transform, type TransformFailure } from "esbuild";
import type { Place } from "../faults.ts";

/** JavaScript with its source map, or the first thing that is wrong. */
export type Outcome = { code: string; map: string } | { error: Message };

/** One pass of esbuild over one file; about a millisecond. */
export async function toJavaScript(text: string, file: string): Promise<Outcome> {
  try {
    const { code, map } = await transform(text, {
      // Everything is TypeScript whatever its suffix, as PostHog read it; only `<` means something else in JSX files.
      loader: /\.[jt]sx$/.test(file) ? "tsx" : "ts",
      sourcefile: file,
      sourcemap: "external",
      sourcesContent: false,
      // Newer than that are decorators, which no platform runs yet.
      target: "es2024",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
    });
    return { code, map };
  } catch (failure) {
    const [error] = (failure as TransformFailure).errors ?? [];
    if (!error) throw failure;
    return { error };
  }
}

/** esbuild counts columns in bytes, from 0. */
export function toPlace(location: Pick<Location, "line" | "column">, source: string): Place {
  const line = source.split("\n")[location.line - 1] ?? "";
  const before = Buffer.from(line).subarray(0, location.column).toString();
  return { line: location.line, column: before.length + 1 };
}
