import { Redis } from "@upstash/redis";
import { describe, expect, test } from "vitest";
import type { RedisUnderTest } from "../redis.ts";

const BASE64 = { "upstash-encoding": "base64" };

/** The REST protocol itself, as curl users and the client's wire format need it. */
export function testProtocol({ exact, key, send, endpoint }: RedisUnderTest): void {
  const post = (command: unknown, headers: Record<string, string> = {}) =>
    send("/", { body: JSON.stringify(command), headers });

  describe("authorisation", () => {
    test("a wrong or missing token is 401 and nothing is run", async () => {
      const k = key("unauthorised");
      const stranger = new Redis({ url: endpoint().url, token: "wrong", enableAutoPipelining: false });
      await expect(stranger.set(k, "v")).rejects.toThrow(/WRONGPASS/);
      for (const authorization of ["", "Bearer ", `Basic ${endpoint().token}`]) {
        const response = await fetch(`${endpoint().url}/set/${k}/v`, { headers: { authorization } });
        expect([response.status, await response.json()]).toEqual([
          401,
          { error: expect.stringContaining("WRONGPASS") },
        ]);
      }
      expect(await exact().exists(k)).toBe(0);
    });

    test("the token may stand in the query, and is not taken for an argument", async () => {
      const k = key("query-token");
      const response = await fetch(`${endpoint().url}/set/${k}/v?_token=${endpoint().token}&EX=100`);
      expect(await response.json()).toEqual({ result: "OK" });
      expect(await exact().get(k)).toBe("v");
    });
  });

  describe("path form", () => {
    test("a command stands in the path, by GET and by POST, with percent-encoding", async () => {
      const k = key("path");
      expect((await send(`/set/${k}/a%2Fb%20%F0%9F%A6%94`, { method: "GET" })).body).toEqual({
        result: "OK",
      });
      expect((await send(`/get/${k}`)).body).toEqual({ result: "a/b 🦔" });
      expect((await send(`/mget/${k}/none`, { method: "GET" })).body).toEqual({ result: ["a/b 🦔", null] });
    });

    test("a body is the last argument and the query follows it", async () => {
      const k = key("body");
      const value = '{"any":"text, 100% as is"}';
      expect((await send(`/set/${k}?EX=100&NX`, { body: value })).body).toEqual({ result: "OK" });
      expect((await send(`/set/${k}?EX=100&NX`, { method: "PUT", body: "other" })).body).toEqual({
        result: null,
      });
      expect(await exact().get(k)).toBe(value);
      expect(await exact().ttl(k)).toBeGreaterThan(90);
    });

    test("HEAD answers without a body, other methods are 405", async () => {
      expect(await send("/ping", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
      expect(await send("/ping", { method: "DELETE" })).toMatchObject({
        status: 405,
        body: { error: expect.any(String) },
      });
    });
  });

  describe("arguments", () => {
    test("numbers and booleans become their text", async () => {
      const k = key("arguments");
      await post(["RPUSH", k, 1, 1.5, -0.25, true, false, 9007199254740991]);
      expect(await exact().lrange(k, 0, -1)).toEqual([
        "1",
        "1.5",
        "-0.25",
        "true",
        "false",
        "9007199254740991",
      ]);
    });

    test.each([
      ["no JSON", "/", '["SET", "k"'],
      ["an empty body", "/", ""],
      ["an object", "/", '{"command":"GET"}'],
      ["an empty command", "/", "[]"],
      ["null", "/", '["SET","k",null]'],
      ["an object for an argument", "/", '["SET","k",{"a":1}]'],
      ["a list for an argument", "/", '["SET","k",["a"]]'],
      ["one command for a pipeline", "/pipeline", '["GET","k"]'],
      ["an empty pipeline", "/pipeline", "[]"],
      ["a pipeline that is no JSON", "/pipeline", "nonsense"],
      ["one command for a transaction", "/multi-exec", '["GET","k"]'],
      ["a malformed path", "/get/%E0%A4%A", ""],
      ["an empty path", "/?x", undefined],
    ])("%s is 400 with the reason", async (_name, path, body) => {
      const answer = await send(path, { body, method: body === undefined ? "GET" : "POST" });
      expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(/^ERR /) } });
    });

    test("a request above 10 MB is refused in Upstash's words, one just below is taken", async () => {
      const k = key("limit");
      const filler = "x".repeat(10 * 1024 * 1024 - 200);
      expect((await post(["SET", k, filler])).body).toEqual({ result: "OK" });
      const refused = await post(["SET", k, `${filler}${"y".repeat(400)}`]);
      expect(refused).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^ERR max request size exceeded/) },
      });
      expect(await exact().strlen(k)).toBe(filler.length);
      await exact().del(k);
    });
  });

  describe("replies", () => {
    test("a command's own error is 400 with Redis's text", async () => {
      const k = key("wrongtype");
      await exact().rpush(k, "x");
      expect(await post(["INCR", k])).toMatchObject({
        status: 400,
        body: { error: "WRONGTYPE Operation against a key holding the wrong kind of value" },
      });
      await expect(exact().get(k)).rejects.toThrow(/WRONGTYPE.*command was/);
    });

    test("base64 covers every string at any depth but the status OK; plain replies are plain", async () => {
      const k = key("base64");
      expect((await post(["SET", k, "bar"], BASE64)).body).toEqual({ result: "OK" });
      expect((await post(["GET", k], BASE64)).body).toEqual({ result: "YmFy" });
      expect((await post(["GET", k])).body).toEqual({ result: "bar" });
      await exact().xadd(k + ":x", "1-0", { f: "OK" });
      expect((await post(["XRANGE", k + ":x", "-", "+"], BASE64)).body).toEqual({
        result: [["MS0w", ["Zg==", "T0s="]]],
      });
      expect((await post(["LLEN", key("none")], BASE64)).body).toEqual({ result: 0 });
      const pipeline = JSON.stringify([
        ["GET", k],
        ["GET", `${k}:none`],
        ["INCR", k],
      ]);
      expect((await send("/pipeline", { body: pipeline, headers: BASE64 })).body).toEqual([
        { result: "YmFy" },
        { result: null },
        { error: expect.stringMatching(/^ERR value is not an integer/) },
      ]);
    });

    test("RESP2 format gives the bytes of a Redis connection, and excludes base64", async () => {
      const k = key("resp2");
      const resp2 = { "upstash-response-format": "resp2" };
      expect((await post(["RPUSH", k, "🦔", "b"], resp2)).body).toBe(":2\r\n");
      const answer = await post(["LRANGE", k, "0", "-1"], resp2);
      expect(answer.body).toBe("*2\r\n$4\r\n🦔\r\n$1\r\nb\r\n");
      expect(answer.headers.get("content-type")).toBe("application/octet-stream");
      const body = JSON.stringify([
        ["SET", `${k}:s`, "v"],
        ["INCR", k],
        ["GET", `${k}:none`],
      ]);
      expect((await send("/pipeline", { body, headers: resp2 })).body).toMatch(
        /^\+OK\r\n-WRONGTYPE [^\r\n]+\r\n\$-1\r\n$/,
      );
      expect((await post(["PING"], { ...resp2, ...BASE64 })).status).toBe(400);
      expect((await post(["PING"], { "upstash-response-format": "xml" })).status).toBe(400);
    });

    test("the sync token comes back, so that a client reads its own writes", async () => {
      const headers = { "upstash-sync-token": "token-1" };
      expect((await post(["PING"], headers)).headers.get("upstash-sync-token")).toBe("token-1");
    });
  });
}
