import { Receiver } from "@upstash/qstash";
import { describe, expect, it } from "vitest";
import { sign } from "./signature.ts";

const receiver = new Receiver({ currentSigningKey: "sig_current", nextSigningKey: "sig_next" });
const url = "https://edge.example.com/_gateway/deliver?a=1";
const body = '{"city":"Zürich"}';
const signed = (change: Partial<Parameters<typeof sign>[0]> = {}) =>
  sign({ key: "sig_current", url, body: Buffer.from(body), now: Date.now(), tokenId: "1", ...change });

describe("sign", () => {
  it("makes what QStash's own receiver accepts, under either of its keys", async () => {
    await expect(receiver.verify({ signature: signed(), body, url })).resolves.toBe(true);
    await expect(receiver.verify({ signature: signed({ key: "sig_next" }), body, url })).resolves.toBe(true);
  });

  it("binds the key, the body, the destination and the time", async () => {
    await expect(receiver.verify({ signature: signed({ key: "sig_other" }), body, url })).rejects.toThrow();
    await expect(receiver.verify({ signature: signed(), body: "{}", url })).rejects.toThrow("body hash");
    await expect(receiver.verify({ signature: signed(), body, url: `${url}2` })).rejects.toThrow("subject");
    const old = signed({ now: Date.now() - 301_000, key: "sig_next" });
    await expect(receiver.verify({ signature: old, body, url })).rejects.toThrow("exp");
  });
});
