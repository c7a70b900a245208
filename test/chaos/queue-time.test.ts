import { expect, test } from "vitest";
import { shortenDelays, soonAgain } from "./queue-time.ts";

const asked = (path: string, headers: Record<string, string>, body = "") => ({
  method: "POST",
  path,
  headers,
  body: Buffer.from(body),
});

test.each([
  ["80s", "8s"],
  ["5s", "1s"],
  ["12s", "2s"],
])("a message that is to wait %s waits %s at ten times the speed", (delay, shorter) => {
  const { headers } = shortenDelays(asked("/v2/publish/x", { "upstash-delay": delay }), 10);
  expect(headers["upstash-delay"]).toBe(shorter);
});

test.each([
  ["parallelism=1, rate=1, period=900s", "parallelism=1, rate=1, period=90s"],
  ["parallelism=5, rate=10, period=1s", "parallelism=5, rate=10, period=1s"],
])("a lane of %s is one of %s then", (limits, faster) => {
  const publish = asked("/v2/publish/x", { "upstash-flow-control-value": limits });
  expect(shortenDelays(publish, 10).headers).toEqual({ "upstash-flow-control-value": faster });
});

test("both within a batch are shortened, and what its messages say is left alone", () => {
  const said = JSON.stringify({ "upstash-delay": "40s" });
  const messageOf = (delay: string, limits: string) => ({
    destination: "x",
    headers: { "Upstash-Delay": delay, "upstash-flow-control-value": limits },
    body: said,
  });
  const batch = [messageOf("40s", "rate=1, period=60s")];
  const { body } = shortenDelays(asked("/v2/batch", {}, JSON.stringify(batch)), 10);
  expect(JSON.parse(body.toString())).toEqual([messageOf("4s", "rate=1, period=6s")]);
});

test("a failed delivery comes again soon, but not before a lease is over that it waits for", () => {
  const delivery = asked("/_gateway/deliver", { "upstash-retried": "2" });
  const again = (headers?: { "retry-after": string }) =>
    soonAgain(delivery, { status: 503, ...(headers ? { headers } : {}) }, 10).headers?.["retry-after"];
  expect(again()).toBe("8");
  expect(again({ "retry-after": "12" })).toBe("12");
  expect(again({ "retry-after": "30" })).toBe("30");
  expect(again({ "retry-after": "900" })).toBe("90");
  const done = { status: 200 };
  expect(soonAgain(delivery, done, 10)).toBe(done);
});
