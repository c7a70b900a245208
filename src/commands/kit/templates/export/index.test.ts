import { createTestApp } from "edgehog/testing";
import { expect, test } from "vitest";

const folder = import.meta.dirname;
const url = "https://receiver.example/events";

test("events are sent in one batch, with the token", async () => {
  await using app = await createTestApp({ folder, config: { url, token: "abc" } });
  await app.capture([{ event: "visit" }, { event: "order" }]);
  await app.advance("10s");
  expect(app.requests).toMatchObject([
    { url, headers: { authorization: "Bearer abc" }, json: [{ event: "visit" }, { event: "order" }] },
  ]);
});

test("a batch comes again while the receiver is down", async () => {
  await using app = await createTestApp({ folder, config: { url } });
  app.respond(url, { status: 503 }, new Error("no connection"), { status: 200 });
  await app.capture({ event: "visit" });
  await app.advance("1h");
  expect(app.requests).toHaveLength(3);
  expect(await app.deadLetters()).toEqual([]);
});

test("what the receiver refuses becomes a dead letter", async () => {
  await using app = await createTestApp({ folder, config: { url } });
  app.respond(url, { status: 400, body: "no such table" });
  await app.capture({ event: "visit" });
  await app.advance("1h");
  expect(app.requests).toHaveLength(1);
  expect(await app.deadLetters()).toMatchObject([{ error: expect.stringContaining("no such table") }]);
});
