import type { ClientLocation } from "../event.ts";

/** Names by language; Cloudflare's data have English ones only. */
export type Names = Partial<Record<string, string>>;

/** Where an address is, in the shape of MaxMind's City model for Node: camelCase, absent where nothing is known. */
export interface City {
  city?: { geonameId?: number; names: Names };
  continent?: { code?: string; geonameId?: number; names: Names };
  country?: { isoCode?: string; geonameId?: number; names: Names };
  registeredCountry?: { isoCode?: string; geonameId?: number; names: Names };
  location?: { latitude?: number; longitude?: number; accuracyRadius?: number; timeZone?: string };
  postal?: { code: string };
  subdivisions?: { isoCode?: string; geonameId?: number; names: Names }[];
  traits?: Record<string, unknown>;
}

const continents: Readonly<Record<string, string>> = {
  AF: "Africa",
  AN: "Antarctica",
  AS: "Asia",
  EU: "Europe",
  NA: "North America",
  OC: "Oceania",
  SA: "South America",
};

/** Cloudflare's data of a connecting address as a City. */
export function cityOf(location: ClientLocation): City {
  const { city, continent, country, latitude, longitude, postalCode, region, regionCode, timezone } =
    location;
  const found: City = { traits: { ipAddress: location.ip } };
  if (city) found.city = { names: { en: city } };
  if (continent) found.continent = { code: continent, names: english(continents[continent]) };
  if (country) found.country = { isoCode: country, names: english(countryName(country)) };
  if (latitude !== undefined && longitude !== undefined) {
    found.location = { latitude, longitude, ...(timezone ? { timeZone: timezone } : {}) };
  }
  if (postalCode) found.postal = { code: postalCode };
  if (region)
    found.subdivisions = [{ ...(regionCode ? { isoCode: regionCode } : {}), names: { en: region } }];
  return found;
}

/** Made when it is first needed: it takes longer than all else at the start of a Worker. */
let countries: Intl.DisplayNames | undefined;

function countryName(code: string): string | undefined {
  countries ??= new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  try {
    return countries.of(code);
  } catch {
    // Cloudflare's codes for Tor and for addresses it does not know are no regions.
    return undefined;
  }
}

function english(name: string | undefined): Names {
  return name ? { en: name } : {};
}
