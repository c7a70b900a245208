import { afterEach, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import type { AppDefinition } from "../src/apps/definition.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

test("a dead letter that waited in the queue shows no secret, whichever isolate writes it down", async () => {
  const manifest = { config: [{ key: "apiKey", secret: true }], publicJobs: {}, stateless: false };
  const app = defineApp(
    "app",
    {
      onEvent: () => {
        throw new Error("refused with k3y-of-the-warehouse");
      },
    },
    {
      config: { apiKey: "k3y-of-the-warehouse" },
      manifest: manifest as unknown as AppDefinition["manifest"],
    },
  );
  edge = await startTestGateway({ apps: [app] });
  await edge.capture({ event: "e", distinct_id: "u1" });
  edge.setRedisAway(true);
  await edge.settle();
  edge.setRedisAway(false);
  // One that has not made the app's instance yet, and so does not know what is secret.
  edge.restart();
  await edge.advance(60_000);
  expect(await edge.deadLetters()).toMatchObject([{ error: "Error: refused with [secret]" }]);
});
