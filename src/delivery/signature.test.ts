import { Receiver } from "@upstash/qstash";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { KEYS, NOW_SECONDS, PUBLIC_URL, seal, sha256, tokenOf } from "../../test/fuzz/backdoor/token.ts";
import { wrongAlgorithms, wrongClaims } from "../../test/fuzz/backdoor/claims.ts";
import { createReadSignature } from "./signature.ts";

const PATH = "/_gateway/deliver";
const TEXT = '{"v":2}';
const BODY = new TextEncoder().encode(TEXT);
const right = tokenOf(PATH, BODY);
const claims = right.claims as Record<string, unknown>;

function reader([currentSigningKey, nextSigningKey]: readonly [string, string], nowMs = NOW_SECONDS * 1000) {
  return createReadSignature({
    currentSigningKey,
    nextSigningKey,
    publicUrl: PUBLIC_URL,
    nowMs: () => nowMs,
  });
}
const read = reader(KEYS);

describe("a signature of QStash", () => {
  test("says which body it was made for, padded or not", () => {
    expect(read(seal(right), PATH)).toBe(sha256(BODY));
    expect(read(seal({ ...right, claims: { ...claims, body: `${sha256(BODY)}=` } }), PATH)).toBe(
      sha256(BODY),
    );
  });

  test.each([
    ["exp", 1, true],
    ["exp", 0, true],
    ["exp", -4, true],
    ["exp", -5, false],
    ["nbf", -1000, true],
    ["nbf", 5, true],
    ["nbf", 6, false],
  ])(
    "whose %s is %i s from now is believed: %s, since clocks may differ by 5 s",
    (claim, seconds, isBelieved) => {
      const token = seal({ ...right, claims: { ...claims, [claim]: NOW_SECONDS + seconds } });
      expect(read(token, PATH) !== null).toBe(isBelieved);
    },
  );

  test("is in force until its time is over by the gateway's clock, and not any more then", () => {
    const at = (seconds: number) => reader(KEYS, (NOW_SECONDS + seconds) * 1000)(seal(right), PATH);
    expect([at(304) !== null, at(305) !== null]).toEqual([true, false]);
  });

  test("is believed under both keys while they are rotated, and under neither afterwards", () => {
    const [before, after] = KEYS;
    const under = (keys: [string, string]) =>
      [before, after].map((key) => reader(keys)(seal({ ...right, key }), PATH) !== null);
    expect(under([before, after])).toEqual([true, true]);
    expect(under([after, "sig_third"])).toEqual([false, true]);
    expect(under(["sig_third", "sig_fourth"])).toEqual([false, false]);
  });
});

describe("beside the SDK's receiver", () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW_SECONDS * 1000 }));
  afterAll(() => void vi.useRealTimers());
  const receiver = new Receiver({ currentSigningKey: KEYS[0], nextSigningKey: KEYS[1], devMode: false });
  const request = { body: TEXT, url: `${PUBLIC_URL}${PATH}`, clockTolerance: 5 };
  const verdicts = async (signature: string) => [
    read(signature, PATH) === sha256(BODY),
    await receiver.verify({ ...request, signature }).catch(() => false),
  ];

  test("believes what that believes of QStash's own, under either key", async () => {
    for (const key of KEYS) expect(await verdicts(seal({ ...right, key }))).toEqual([true, true]);
  });

  test("never believes what that does not", async () => {
    const tokens = fc.oneof(
      wrongClaims(PATH, [PATH], BODY).map((wrong) => seal({ ...right, claims: wrong })),
      wrongAlgorithms.map(({ alg, hash }) => seal({ ...right, header: { alg }, hash })),
      fc
        .record({ exp: fc.integer(), nbf: fc.integer() })
        .map((times) => seal({ ...right, claims: { ...claims, ...times } })),
    );
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        const [ours, theirs] = await verdicts(token);
        expect(!ours || theirs).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
