import { expect, test } from "vitest";
import type { Recorder } from "../recorder.ts";

/** What an app finds around it, looked at by the app `world`, which captures it as an event of its own. */
export function testWorld({
  hook,
  run,
  arrival,
}: {
  hook: () => Recorder;
  run: (plugin: string, task: string) => Promise<Response>;
  arrival: (distinctId: string) => Promise<{ properties: Record<string, unknown> }>;
}): void {
  test("gives apps the same world as every other runtime", async () => {
    hook().answerWith(({ method, path }) =>
      path === "/hang" ? new Promise<Response>(() => {}) : Response.json({ method }),
    );
    expect((await run("world", "runEveryDay")).status).toBe(202);
    expect((await arrival("world")).properties).toMatchObject(WORLD);
  });
}

const WORLD = {
  imports: [true, true, true, "function"],
  sha256: "ca978112",
  hmac: "DbIfBQUvMj5xTvm/H3sAD/6X6KA=",
  random: 8,
  zlib: "packed",
  url: ["/b", "1"],
  stream: "function",
  nodeFetch: ["function", "b"],
  scaffold: ["sum", true],
  buffer: ["w7w=", true, "a"],
  syntax: ["Free", "paid", 4, 1, 1, [1, 2], "none"],
  sloppy: [5, 5, 6, 6],
  present: [
    "function",
    "object",
    "object",
    "function",
    "function",
    "function",
    "object",
    "object",
    "object",
    "object",
    "object",
    "function",
  ],
  absent: Array.from({ length: 8 }, () => "undefined"),
  intl: "January",
  number: "1.234,5",
  meta: ["attachments", "cache", "config", "geoip", "global", "jobs", "metrics", "storage", "utils"],
  error: ["ReferenceError", "string"],
  depth: ["RangeError", "string"],
  rejected: "FetchError",
  aborted: "FetchError request-timeout",
  method: { method: "PATCH" },
  answers: [true, true, true],
  bytes: '{"method":"GET"}',
  fortnight: "Unknown time unit: fortnights",
  lpush: "cache.lpush expects a string value or an array of strings",
};
