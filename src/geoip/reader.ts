import { Buffer } from "node:buffer";
import { type CityResponse, Reader, validate } from "maxmind";
import type { City } from "./city.ts";

/** Looks an address up: null for one that the database does not know, and for what is no address. */
export type LocateCity = (ip: string) => City | null;

/** Opens a MaxMind City database that is in memory. Throws when it is none. */
export function openReader(bytes: ArrayBuffer | Buffer): LocateCity {
  const reader = new Reader<CityResponse>(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
  return (ip) => {
    if (!validate(ip)) return null;
    const found = reader.get(ip);
    return found === null ? null : (camelCased(found) as City);
  };
}

/** `iso_code` becomes `isoCode`, at every depth. Languages keep their names: `pt-BR` has no underscore. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(inner),
    ]),
  );
}
