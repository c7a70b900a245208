import { expect, test } from "vitest";
import { deriveAssetsHost } from "./assets-host.ts";

test.each([
  ["https://us.i.posthog.com", "https://us-assets.i.posthog.com"],
  ["https://eu.i.posthog.com", "https://eu-assets.i.posthog.com"],
  ["https://posthog.example.com", "https://posthog.example.com"],
  ["https://us.i.posthog.com.example", "https://us.i.posthog.com.example"],
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000"],
])("takes the assets of %s from %s", (posthogHost, assetsHost) => {
  expect(deriveAssetsHost(posthogHost)).toBe(assetsHost);
});
