import type { BundledAttachment } from "../apps/definition.ts";
import type { Manifest } from "../apps/manifest.ts";
import type { AppsFile, Listing } from "./apps-file.ts";
import { readAttachment } from "./attachments.ts";
import { choiceFault, missingFields, withDefaults } from "../apps/configuration.ts";
import type { Fault, Report } from "./faults.ts";

/** An app folder and its manifest. */
export interface AppFolder {
  plugin: string;
  /** Absolute. */
  directory: string;
  manifest: Manifest;
}

/** A link of the chain: an app where it runs, with its configuration. */
export interface ChainLink extends Omit<Listing, "attachments"> {
  folder: AppFolder;
  attachments: Record<string, BundledAttachment>;
}

/**
 * Puts the apps in the order in which they run: as `apps.json` lists them, then the folders that it does not name, in
 * alphabetical order and enabled if they need no configuration. What does not fit is reported.
 */
export async function arrangeChain(
  folders: readonly AppFolder[],
  appsFile: AppsFile,
  file: string,
  report: Report,
): Promise<ChainLink[]> {
  const links: ChainLink[] = [];
  const at = (...path: PropertyKey[]) => ({ file, ...appsFile.document.placeOf(["apps", ...path]) });
  for (const [index, listing] of appsFile.listings.entries()) {
    const folder = folders.find(({ plugin }) => plugin === listing.plugin);
    if (!folder) continue;
    const fault = (message: string, ...path: PropertyKey[]) =>
      report.faults.push({ app: folder.plugin, ...at(index, ...path), message });

    const config = withDefaults(folder.manifest, listing.config);
    for (const field of folder.manifest.config) {
      const message = field.key !== undefined && choiceFault(field, listing.config[field.key]);
      if (message) fault(`${field.key}: ${message}`, "config", String(field.key));
    }
    const attachments: Record<string, BundledAttachment> = {};
    for (const [key, name] of Object.entries(listing.attachments)) {
      const attachment = await readAttachment(folder.directory, name);
      if (typeof attachment === "string") fault(`${key}: ${attachment}`, "attachments", key);
      else attachments[key] = attachment;
    }
    const link = { ...listing, folder, config, attachments };
    const rival = links.find((earlier) => runTogether(earlier, link));
    if (rival) {
      const hint = 'give each its own "projects", or disable one';
      report.faults.push({
        app: folder.plugin,
        ...at(index),
        message: "Enabled twice for the same project",
        hint,
      });
    }
    report.warnings.push(...remarks(link, at(index)));
    links.push(link);
  }
  return [...links, ...unlisted(folders, appsFile, file, report)];
}

/** Whether both would run for one project, where an app runs once (decisions 8). */
function runTogether(a: ChainLink, b: ChainLink): boolean {
  if (a.plugin !== b.plugin || !a.enabled || !b.enabled) return false;
  if (!a.projects || !b.projects) return true;
  return a.projects.some((project) => b.projects?.includes(project));
}

function remarks(link: ChainLink, place: Omit<Fault, "app" | "message">): Fault[] {
  if (!link.enabled) return [];
  const remark = (message: string) => ({ app: link.plugin, ...place, message });
  const missing = missingFields(link.folder.manifest, link.config, link.attachments);
  return missing.map((key) => remark(`${key}: required, but not configured`));
}

function unlisted(
  folders: readonly AppFolder[],
  { listings }: AppsFile,
  file: string,
  report: Report,
): ChainLink[] {
  const named = new Set(listings.map(({ plugin }) => plugin));
  return folders
    .filter(({ plugin }) => !named.has(plugin))
    .map((folder) => {
      const { plugin, manifest } = folder;
      const config = withDefaults(manifest, {});
      const missing = missingFields(manifest, config, {});
      if (missing.length > 0) {
        report.warnings.push({
          app: plugin,
          file,
          message: `Not listed, and disabled because it needs ${missing.join(", ")}`,
        });
      }
      const enabled = missing.length === 0;
      return { plugin, folder, enabled, config, attachments: {}, sequential: false, whilePending: "skip" };
    });
}
