import { relative, sep } from "node:path";
import { hookNames } from "../apps/hooks.ts";
import { bundleApp } from "./bundle-app.ts";
import { bundlePackages } from "./bundle-packages.ts";
import { confineExtensions } from "./confine.ts";
import type { AppFolder } from "./chain.ts";
import { emitApp } from "./emit-app.ts";
import { ENTRY_CANDIDATES, findEntry } from "./entry.ts";
import type { Report } from "./faults.ts";
import { MODULE } from "./names.ts";
import { createFindings } from "./source/findings.ts";

/** One app folder, compiled. */
export interface CompiledFolder {
  folder: AppFolder;
  /** An ES module that exports `createApp`. */
  code: string;
  /** Host libraries that it asks for. */
  libraries: readonly string[];
  /** npm packages that it imports. */
  packages: readonly string[];
}

/** Hooks by which an app gets something to do; the others only prepare it for that. */
const WORKING_HOOKS = [
  ...hookNames.filter((name) => !["setupPlugin", "teardownPlugin", "getSettings"].includes(name)),
  "jobs",
  "metrics",
];

/** Hooks may be exported in any form, and by a package; so this finds misspelt ones of an app that has no other. */
const MENTIONS_HOOK = new RegExp(`\\b(?:${WORKING_HOOKS.join("|")}|processEventBatch)\\b`);

/** Compiles the code of one app. Faults go to the report; the code is then not to be used. */
export async function compileApp(
  folder: AppFolder,
  projectDirectory: string,
  report: Report,
): Promise<CompiledFolder> {
  const { plugin, directory, manifest } = folder;
  const findings = createFindings(plugin, report);
  const entry = await findEntry(directory, manifest.main);
  const home = relative(projectDirectory, directory).split(sep).join("/");

  if (!entry) {
    report.faults.push({
      app: plugin,
      file: home,
      message: "Could not find main file index.js or index.ts",
      hint: `name it in plugin.json as main, or call it ${ENTRY_CANDIDATES.join(", ")}`,
    });
    return { folder, code: "", libraries: [], packages: [] };
  }
  if (entry.missingMain) {
    const message = `main: there is no file ${entry.missingMain}; taking ${entry.file ?? "no code"}`;
    report.warnings.push({ app: plugin, file: `${home}/plugin.json`, message });
  }
  if (entry.file === undefined) {
    report.warnings.push({
      app: plugin,
      file: home,
      message: "Has code for PostHog's pages only, which does not run here",
    });
    return {
      folder,
      code: emitApp(plugin, { code: `var ${MODULE} = {};` }, undefined, findings),
      libraries: [],
      packages: [],
    };
  }

  const sources = { projectDirectory, directory, entry: entry.file };
  const own = await bundleApp(sources, findings);
  if (findings.packages.size === 0 && !MENTIONS_HOOK.test(own.code)) {
    report.warnings.push({
      app: plugin,
      file: `${home}/${entry.file}`,
      message: "Names no hook that gets something to do",
      hint: `to do something it needs one of ${WORKING_HOOKS.join(", ")}`,
    });
  }
  const packages = findings.packages.size > 0 ? await bundlePackages(sources, findings) : undefined;
  return {
    folder,
    code: emitApp(plugin, { ...own, code: confineExtensions(own.code) }, packages, findings),
    libraries: [...findings.libraries].toSorted(),
    packages: [...findings.packages].toSorted(),
  };
}
