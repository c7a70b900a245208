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

test("delays within a batch are shortened, and what its messages say is left alone", () => {
  const said = JSON.stringify({ "upstash-delay": "40s" });
  const batch = [{ destination: "x", headers: { "upstash-delay": "40s" }, body: said }];
  const { body } = shortenDelays(asked("/v2/batch", {}, JSON.stringify(batch)), 10);
  expect(JSON.parse(body.toString())).toEqual([
    { destination: "x", headers: { "upstash-delay": "4s" }, body: said },
  ]);
});

test("a failed delivery comes again soon, unless the gateway has said when", () => {
  const delivery = asked("/_gateway/deliver", { "upstash-retried": "2" });
  expect(soonAgain(delivery, { status: 503 })).toEqual({ status: 503, headers: { "retry-after": "8" } });
  const busy = { status: 503, headers: { "retry-after": "30" } };
  expect(soonAgain(delivery, busy)).toBe(busy);
  const done = { status: 200 };
  expect(soonAgain(delivery, done)).toBe(done);
});
