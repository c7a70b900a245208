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
