import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Looked at after PATH: an editor's or a cron job's PATH often lacks them. */
const USUAL_PLACES = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"];

/**
 * Finds a program that only a cross-check needs, so that a machine without it still runs every other test.
 *
 * Returns its path, or null after one line on the console saying what is missing and what is not checked therefore:
 * `describe.skipIf(requireProgram("redis-server") === null)(…)`. With REQUIRE_ALL=1 (continuous integration) absence throws
 * instead, because there a silently skipped suite would look like a passed one. Cost: a few stat calls, nothing is started.
 */
export function requireProgram(name: string, morePlaces: readonly string[] = []): string | null {
  const places = [...USUAL_PLACES, ...morePlaces];
  const path = findProgram(name, places);
  if (path !== null) return path;
  const missing = `${name} is neither on PATH nor in ${places.join(", ")}`;
  if (process.env["REQUIRE_ALL"] === "1") {
    throw new Error(
      `${missing}, and REQUIRE_ALL=1 forbids skipping its tests: install it or unset REQUIRE_ALL.`,
    );
  }
  console.warn(`skipped: ${missing}; the tests that need it do not run. Install it to run them.`);
  return null;
}

function findProgram(name: string, usualPlaces: readonly string[]): string | null {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((place) => place !== "");
  for (const place of [...places, ...usualPlaces]) {
    const path = join(place, name);
    if (isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent or not ours to run: either way the next place is looked at.
    return false;
  }
}
