import { createHmac } from "node:crypto";
import { createTestApp, type TestApp } from "edgehog/testing";
import { afterEach, describe, expect, test } from "vitest";

const url = "https://receiver.example/hook/s3cret";

let app: TestApp;
afterEach(() => app.stop());

async function start(config: Record<string, string>): Promise<void> {
  app = await createTestApp({ folder: import.meta.dirname, config });
}

/** Sends two events, and waits for as long as a batch does. */
async function exportBatch(config: Record<string, string> = {}, respond?: Parameters<TestApp["respond"]>[1]) {
  await start({ url, ...config });
  if (respond) app.respond(url, respond);
  await app.capture([
    { event: "visit", properties: { name: "Müller" } },
    { event: "order", properties: { name: "Müller" } },
  ]);
  await app.advance("10s");
  return app.requests;
}

/** Everything that the app's log says of failures. */
const failures = () =>
  app.logs
    .flatMap(({ level, message }) => (level === "ERROR" || level === "WARN" ? [message] : []))
    .join("\n");

/** Long enough for every retry. */
const untilGivenUp = () => app.advance("1h");

describe("a batch", () => {
  test("is posted whole, in order, as JSON", async () => {
    const requests = await exportBatch();
    expect(requests).toMatchObject([
      {
        method: "POST",
        url,
        headers: { "content-type": "application/json" },
        json: {
          events: [
            { event: "visit", properties: { name: "Müller" } },
            { event: "order", properties: { name: "Müller" } },
          ],
        },
      },
    ]);
    expect(app.logs.at(-1)).toMatchObject({ level: "DEBUG", message: "Sent 2 events" });
  });

  test("carries the configured header", async () => {
    const [request] = await exportBatch({ headerName: "X-Api-Key", headerValue: "abc" });
    expect(request?.headers).toMatchObject({ "x-api-key": "abc" });
  });

  test("carries a signature that the receiver can check against the bytes it got", async () => {
    const [request] = await exportBatch({ signingSecret: "sesame" });
    const expected = createHmac("sha256", "sesame")
      .update(request?.body ?? "")
      .digest("hex");
    expect(request?.headers).toMatchObject({ "x-webhook-signature": `sha256=${expected}` });
  });

  test("carries neither when neither is configured", async () => {
    const [request] = await exportBatch({ headerName: "Authorization" });
    expect(request?.headers).not.toHaveProperty("authorization");
    expect(request?.headers).not.toHaveProperty("x-webhook-signature");
  });
});

describe("a failure", () => {
  test.each([429, 500, 502, 503])("of status %d is retried with the same bytes", async (status) => {
    await exportBatch({}, { status, body: "busy" });
    expect(failures()).toContain(`The receiver answered ${status}: busy`);
    expect(await app.deadLetters()).toEqual([]);
    app.respond(url, { status: 200 });
    await untilGivenUp();
    expect(app.requests).toHaveLength(2);
    expect(app.requests[1]?.body).toBe(app.requests[0]?.body);
  });

  test.each([400, 401, 404, 413, 422])("of status %d is final and tells the reason", async (status) => {
    await exportBatch({}, { status, body: "no such table" });
    await untilGivenUp();
    expect(app.requests).toHaveLength(1);
    expect(await app.deadLetters()).toMatchObject([
      {
        error: `Error: The receiver answered ${status}: no such table – mend the receiver or the configuration, then replay the dead letter`,
        events: [{ event: "visit" }, { event: "order" }],
      },
    ]);
  });

  test("by redirection is final, and neither events nor secrets go to the other address", async () => {
    await exportBatch({}, { status: 302, headers: { Location: "https://elsewhere.example/" } });
    await untilGivenUp();
    expect(app.requests).toHaveLength(1);
    expect(await app.deadLetters()).toMatchObject([
      { error: expect.stringContaining("set url to https://elsewhere.example/") },
    ]);
  });

  test("to connect is retried, and the secret in the address is not told", async () => {
    await exportBatch({}, new TypeError("connection refused"));
    await untilGivenUp();
    expect(app.requests).toHaveLength(4);
    expect(failures()).toContain("cannot be reached");
    const [letter] = await app.deadLetters();
    expect(letter?.error).toContain("cannot be reached");
    expect(failures() + letter?.error).not.toContain("s3cret");
  });

  test("with a long explanation does not fill the log", async () => {
    await exportBatch({}, { status: 400, body: "x".repeat(100_000) });
    const [letter] = await app.deadLetters();
    expect(letter?.error.length).toBeLessThan(500);
  });
});

describe("set-up", () => {
  const sound: Record<string, string>[] = [
    { url: "https://example.com/events" },
    { url: "http://127.0.0.1:3000", headerName: "Authorization", headerValue: "Bearer abc" },
    { url: "https://example.com", headerName: "", headerValue: "" },
  ];
  test.each(sound)("accepts %j", async (config) => {
    await start(config);
    await expect(app.setUp()).resolves.toBeUndefined();
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
  test.each(unsound)("refuses %j for good and says what to set", async (config, message) => {
    await start(config);
    await expect(app.setUp()).rejects.toThrow(message);
    await app.advance("1h");
    await expect(app.setUp()).rejects.toThrow(message);
  });
});
