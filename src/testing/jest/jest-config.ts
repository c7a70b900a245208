import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, vi } from "vitest";
import { readJsonc } from "../../compiler/jsonc.ts";

/** What is honoured of an app's Jest configuration. */
export interface JestConfig {
  setupFiles: readonly string[];
  applyMockOptions(): void;
}

interface Raw {
  setupFiles?: string[];
  setupFilesAfterEnv?: string[];
  clearMocks?: boolean;
  resetMocks?: boolean;
  restoreMocks?: boolean;
}

/** Reads it from `package.json` or `jest.config.js` and its like; an app without one has none. */
export function readJestConfig(folder: string, load: (file: string) => unknown): JestConfig {
  const raw = readRaw(folder, load);
  const files = [...(raw.setupFiles ?? []), ...(raw.setupFilesAfterEnv ?? [])];
  return {
    setupFiles: files.map((file) => file.replace("<rootDir>", ".")),
    applyMockOptions() {
      if (raw.clearMocks) afterEach(() => void vi.clearAllMocks());
      if (raw.resetMocks) afterEach(() => void vi.resetAllMocks());
      if (raw.restoreMocks) afterEach(() => void vi.restoreAllMocks());
    },
  };
}

function readRaw(folder: string, load: (file: string) => unknown): Raw {
  for (const file of ["jest.config.js", "jest.config.ts", "jest.config.json"]) {
    if (!existsSync(join(folder, file))) continue;
    const exported = load(`./${file}`) as Raw & { default?: Raw };
    return exported.default ?? exported;
  }
  const packageFile = join(folder, "package.json");
  if (!existsSync(packageFile)) return {};
  return (readJsonc(readFileSync(packageFile, "utf8")).value as { jest?: Raw }).jest ?? {};
}
