import { expect, test } from "vitest";
import { createVault } from "./vault.ts";

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const vaultOf = (fill: number) => createVault(new Uint8Array(32).fill(fill), randomBytes);

test("a secret opens only under its own key and in its own place, and twice sealed is never the same", async () => {
  const [own, other] = [vaultOf(1), vaultOf(2)];
  const sealed = (await own?.seal("schlüssel", "here")) ?? "";
  expect(await own?.unseal(sealed, "here")).toBe("schlüssel");
  expect(await own?.unseal(sealed, "there")).toBeNull();
  expect(await other?.unseal(sealed, "here")).toBeNull();
  expect(await own?.unseal("nonsense", "here")).toBeNull();
  expect(await own?.seal("schlüssel", "here")).not.toBe(sealed);
});

test("nothing is sealed without a key", () => {
  expect(createVault(null, randomBytes)).toBeNull();
});
