import { afterEach, expect, test } from "vitest";
import { Hono } from "hono";
import { limitBody } from "./limit-body.ts";
import { listen, type Listener } from "../testing/listen.ts";

const MAX_BYTES = 10;

let server: Listener;
afterEach(() => server.stop());

async function serve(): Promise<void> {
  const app = new Hono();
  app.use(limitBody(MAX_BYTES));
  app.all("/", async ({ req, text }) => text(`${req.method} ${req.header("X-Kind")} ${await req.text()}`));
  server = await listen((request) => app.fetch(request));
}
const headers = { "X-Kind": "kept" };
const streamOf = (text: string) => new Blob([text]).stream();

test.each([
  ["none", "DELETE", {}, "DELETE kept "],
  ["of known length", "POST", { body: "0123456789" }, "POST kept 0123456789"],
  ["of unknown length", "POST", { body: streamOf("0123456789"), duplex: "half" }, "POST kept 0123456789"],
])("a body is let through: %s", async (_kind, method, init, expected) => {
  await serve();
  const answer = await fetch(server.url, { method, headers, ...init });
  expect([answer.status, await answer.text()]).toEqual([200, expected]);
});

test.each([
  ["of known length", { body: "01234567890" }],
  ["of unknown length", { body: streamOf("01234567890"), duplex: "half" }],
])("a body that is too large is refused: %s", async (_kind, init) => {
  await serve();
  expect((await fetch(server.url, { method: "POST", ...init })).status).toBe(413);
});
