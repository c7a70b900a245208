import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ProcessedPluginEvent } from "@posthog/plugin-scaffold";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RetryError } from "../../src/apps/errors.ts";
import { createAppFetch } from "../../src/apps/fetch.ts";
import { exportEvents, setupPlugin } from "./index.ts";

vi.stubGlobal("fetch", createAppFetch(fetch));
const log = vi.spyOn(console, "debug").mockReturnValue();

type Meta = Parameters<typeof exportEvents>[1];

const events = ["visit", "order"].map((event): ProcessedPluginEvent => ({
  uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
  event,
  distinct_id: "anna",
  team_id: 1,
  ip: null,
  properties: { name: "Müller" },
  timestamp: "2024-05-01T12:00:00.000Z",
  elements: [],
}));

/** A receiver of webhooks that answers as `reply` says. */
let receiver: Server;
let url: string;
let reply: { status: number; headers?: Record<string, string>; body?: string };
let received: { method?: string; headers: IncomingHttpHeaders; body: string }[];

beforeEach(async () => {
  reply = { status: 200 };
  received = [];
  receiver = createServer(async (request, response) => {
    received.push({ method: request.method ?? "", headers: request.headers, body: await text(request) });
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook/s3cret`;
});

afterEach(() => stopReceiver());

async function stopReceiver(): Promise<void> {
  receiver.closeAllConnections();
  await new Promise((closed) => receiver.close(closed));
}

const metaWith = (config: Record<string, string>) => ({ config }) as Meta;

/** The failure of one export. */
async function failureOf(exporting: Promise<void>): Promise<unknown> {
  return exporting.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a batch", () => {
  test("is posted whole, in order, as JSON", async () => {
    await exportEvents(events, metaWith({ url }));
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: "POST", headers: { "content-type": "application/json" } });
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({ events });
    expect(log).toHaveBeenLastCalledWith("Sent 2 events");
  });

  test("carries the configured header", async () => {
    await exportEvents(events, metaWith({ url, headerName: "X-Api-Key", headerValue: "abc" }));
    expect(received[0]?.headers).toMatchObject({ "x-api-key": "abc" });
  });

  test("carries a signature that the receiver can check against the bytes it got", async () => {
    await exportEvents(events, metaWith({ url, signingSecret: "sesame" }));
    const expected = createHmac("sha256", "sesame")
      .update(received[0]?.body ?? "")
      .digest("hex");
    expect(received[0]?.headers).toMatchObject({ "x-webhook-signature": `sha256=${expected}` });
  });

  test("carries neither when neither is configured", async () => {
    await exportEvents(events, metaWith({ url, headerName: "Authorization" }));
    expect(received[0]?.headers).not.toHaveProperty("authorization");
    expect(received[0]?.headers).not.toHaveProperty("x-webhook-signature");
  });
});

describe("a failure", () => {
  test.each([429, 500, 502, 503])("of status %d is retried", async (status) => {
    reply = { status, body: "busy" };
    const failure = await failureOf(exportEvents(events, metaWith({ url })));
    expect(failure).toBeInstanceOf(RetryError);
    expect(failure).toMatchObject({ message: `The receiver answered ${status}: busy` });
  });

  test.each([400, 401, 404, 413, 422])("of status %d is final and tells the reason", async (status) => {
    reply = { status, body: "no such table" };
    const failure = await failureOf(exportEvents(events, metaWith({ url })));
    expect(failure).not.toBeInstanceOf(RetryError);
    expect(failure).toMatchObject({
      message: `The receiver answered ${status}: no such table – mend the receiver or the configuration, then replay the dead letter`,
    });
  });

  test("by redirection is final, and neither events nor secrets go to the other address", async () => {
    reply = { status: 302, headers: { Location: url } };
    const failure = await failureOf(exportEvents(events, metaWith({ url })));
    expect(failure).not.toBeInstanceOf(RetryError);
    expect(failure).toMatchObject({ message: expect.stringContaining(`set url to ${url}`) });
    expect(received).toHaveLength(1);
  });

  test("to connect is retried, and the secret in the address is not told", async () => {
    await stopReceiver();
    const failure = await failureOf(exportEvents(events, metaWith({ url })));
    expect(failure).toBeInstanceOf(RetryError);
    expect(failure).toMatchObject({ message: expect.stringContaining("cannot be reached") });
    expect(String(failure)).not.toContain("s3cret");
  });

  test("with a long explanation does not fill the log", async () => {
    reply = { status: 400, body: "x".repeat(100_000) };
    const failure = await failureOf(exportEvents(events, metaWith({ url })));
    expect(String(failure).length).toBeLessThan(500);
  });
});

describe("set-up", () => {
  const sound: Record<string, string>[] = [
    { url: "https://example.com/events" },
    { url: "http://127.0.0.1:3000", headerName: "Authorization", headerValue: "Bearer abc" },
    { url: "https://example.com", headerName: "", headerValue: "" },
  ];
  test.each(sound)("accepts %j", (config) => {
    expect(() => setupPlugin(metaWith(config))).not.toThrow();
  });

  const unsound: [config: Record<string, string>, message: string][] = [
    [{}, "url is not a web address; set it to"],
    [{ url: "example.com/events" }, "url is not a web address; set it to"],
    [{ url: "ftp://example.com" }, "url is not a web address; set it to"],
    [{ url: "https://me:secret@example.com" }, "url holds a name or password; send them in a header"],
    [
      { url: "https://example.com", headerName: "X Key", headerValue: "a" },
      "headerName is not the name of a header",
    ],
    [
      { url: "https://example.com", headerName: "", headerValue: "a" },
      "headerName is not the name of a header",
    ],
    [
      { url: "https://example.com", headerName: "X-Key", headerValue: "a\nb" },
      "headerValue has characters that no",
    ],
  ];
  test.each(unsound)("refuses %j for good and says what to set", (config, message) => {
    expect(() => setupPlugin(metaWith(config))).toThrow(message);
    expect(() => setupPlugin(metaWith(config))).not.toThrow(RetryError);
  });
});
