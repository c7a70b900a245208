import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { Plugin } from "vitest/config";

/** What a test file of vitest's imports by name; one of Jest's has globals. */
const IMPORTS_VITEST = /from\s*["']vitest["']|require\(\s*["']vitest["']\s*\)/;

/** Whether a test was written for vitest, as those of our own apps are, and not for Jest. */
export function isForVitest(path: string): boolean {
  return IMPORTS_VITEST.test(readFileSync(path, "utf8"));
}

/**
 * For vitest: test files of apps that were written for Jest are run by `runTestFile`, in the module system that they
 * expect. `plugins` is the folder of app folders.
 */
export function runJestFiles(plugins: string): Plugin {
  const isTest = (path: string) => /\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path) || path.includes("__tests__");
  return {
    name: "edgehog-jest-files",
    enforce: "pre",
    load(id) {
      const [path = ""] = id.split("?");
      const isApps = path.startsWith(plugins + sep) && !path.includes(`${sep}node_modules${sep}`);
      if (!isApps || !isTest(path) || isForVitest(path)) return null;
      const runner = join(import.meta.dirname, "run-test-file.ts");
      const code = `import { runTestFile } from ${JSON.stringify(runner)};
await runTestFile(${JSON.stringify(path)}, ${JSON.stringify(plugins)});`;
      return { code, map: { mappings: "" } };
    },
  };
}
