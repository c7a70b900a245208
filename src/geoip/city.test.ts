import { expect, test } from "vitest";
import { cityOf } from "./city.ts";

test("Cloudflare's data become a City as apps know it", () => {
  expect(
    cityOf({
      ip: "203.0.113.7",
      city: "Linköping",
      continent: "EU",
      country: "SE",
      latitude: 58.4,
      longitude: 15.6,
      postalCode: "58000",
      region: "Östergötland",
      regionCode: "E",
      timezone: "Europe/Stockholm",
    }),
  ).toEqual({
    city: { names: { en: "Linköping" } },
    continent: { code: "EU", names: { en: "Europe" } },
    country: { isoCode: "SE", names: { en: "Sweden" } },
    location: { latitude: 58.4, longitude: 15.6, timeZone: "Europe/Stockholm" },
    postal: { code: "58000" },
    subdivisions: [{ isoCode: "E", names: { en: "Östergötland" } }],
    traits: { ipAddress: "203.0.113.7" },
  });
});

test.each(["T1", "XX", "nonsense"])("a country code without a country (%s) has no name", (country) => {
  expect(cityOf({ ip: "203.0.113.7", country })).toEqual({
    country: { isoCode: country, names: {} },
    traits: { ipAddress: "203.0.113.7" },
  });
});
