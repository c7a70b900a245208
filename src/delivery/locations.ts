import type { ClientLocation } from "../event.ts";

/**
 * Where the addresses that a text names are, as the platform said when their events arrived. What is put off takes that
 * along, so that `geoip.locate` answers then as it did at first (decisions 12).
 */
export function locationsIn(text: string | undefined, locations: Iterable<ClientLocation>): ClientLocation[] {
  if (text === undefined) return [];
  return [...locations].filter(({ ip }) => text.includes(ip));
}
