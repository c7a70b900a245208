import type { Properties } from "../../event.ts";
import { isRawObject } from "../v0/envelope.ts";

/** Options of an event that are yes or no, and the properties by which the rest of PostHog knows them. */
const FLAGS = [
  ["cookieless_mode", "$cookieless_mode"],
  ["disable_skew_correction", "$ignore_sent_at"],
  ["process_person_profile", "$process_person_profile"],
] as const;

/**
 * Writes an event's `options` into its properties, where v0 clients keep them. A flag may be a boolean or a number (0 is no),
 * the tour's id a string or an integer; null counts as not given. Changes `properties` only when all are well-formed.
 * @returns whether they are
 */
export function applyOptions(options: unknown, properties: Properties): boolean {
  if (options === undefined || options === null) return true;
  if (!isRawObject(options)) return false;
  const applied: Properties = {};
  for (const [option, property] of FLAGS) {
    const value = options[option] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== "boolean" && typeof value !== "number") return false;
    applied[property] = Boolean(value);
  }
  const tour = options.product_tour_id ?? undefined;
  if (tour !== undefined) {
    if (typeof tour !== "string" && !Number.isInteger(tour)) return false;
    applied["$product_tour_id"] = String(tour);
  }
  Object.assign(properties, applied);
  return true;
}
