import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compatibility } from "../commands/bundle.ts";
import { type RunningWorker, startWorker } from "../local/workerd.ts";

/** The proxy alone, with a limit that a test can reach. */
const WORKER = `
import { createProxy } from "./index.ts";
export default {
  fetch(request, { POSTHOG_HOST }) {
    const app = createProxy({
      posthogHost: POSTHOG_HOST, assetsHost: null, cache: caches.default, limits: { maxBodyBytes: 1_000_000 },
      fetch: (url, init) => fetch(url, init), now: Date.now, uuid: () => crypto.randomUUID(), onFault() {},
    });
    return app.fetch(request, { client: { ip: "203.0.113.7" }, waitUntil() {} });
  },
};`;

describe("the proxy on workerd", () => {
  let posthog: Server;
  let worker: RunningWorker;
  let directory: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** How requests ended, as PostHog saw it. */
  let endings: string[];

  beforeAll(async () => {
    posthog = createServer((incoming, response) => {
      incoming.once("end", () => endings.push("complete"));
      incoming.once("error", () => endings.push("broken off"));
      answer(incoming, response);
    }).listen(0, "127.0.0.1");
    await once(posthog, "listening");
    directory = await mkdtemp(join(tmpdir(), "edgehog-proxy-"));
    const bundle = join(directory, "worker.js");
    await build({
      stdin: { contents: WORKER, resolveDir: import.meta.dirname },
      outfile: bundle,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2023",
      logLevel: "error",
    });
    const { port } = posthog.address() as AddressInfo;
    worker = await startWorker({
      bundle,
      port: 0,
      bindings: { POSTHOG_HOST: `http://127.0.0.1:${port}` },
      compatibility: await compatibility(),
      log: () => {},
    });
  });
  afterAll(async () => {
    await worker?.stop();
    posthog.closeAllConnections();
    posthog.close();
    await rm(directory, { recursive: true });
  });

  const answering = (next: typeof answer) => {
    endings = [];
    answer = next;
  };
  const upload = () => request(`${worker.url}/flags/`, { method: "POST" });

  test("hands on decoded what PostHog compressed, though there is no cache", async () => {
    const body = gzipSync("x".repeat(10_000));
    const headers = {
      "content-encoding": "gzip",
      "content-length": body.length,
      "cache-control": "max-age=60",
    };
    answering((_request, response) => response.writeHead(200, headers).end(body));
    const got = await fetch(`${worker.url}/static/array.js`, { headers: { "accept-encoding": "identity" } });
    expect([got.status, got.headers.get("content-encoding")]).toEqual([200, null]);
    expect(await got.text()).toBe("x".repeat(10_000));
  });

  test("hands on an answer as it comes, before it is whole", async () => {
    let finish = () => {};
    answering((_request, response) => {
      response.write("first");
      finish = () => response.end("second");
    });
    const reader = (await fetch(`${worker.url}/static/array.js`)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? "").toString()).toBe("first");
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? "").toString()).toBe("second");
  });

  test("hands on a body as it comes, before it is whole", async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    answering((incoming, response) => {
      incoming.once("data", () => resolve());
      incoming.once("end", () => response.end("{}"));
    });
    const sending = upload();
    sending.write(Buffer.alloc(100_000));
    await arrived;
    sending.end();
    const [got] = (await once(sending, "response")) as [IncomingMessage];
    got.resume();
    expect([got.statusCode, endings]).toEqual([200, ["complete"]]);
  });

  test("breaks off a body that grows too large, instead of passing its beginning for all of it", async () => {
    answering((incoming) => incoming.resume());
    const sending = upload();
    // Written before its end, it is sent without a length.
    sending.write(Buffer.alloc(1_500_000));
    sending.end();
    const [got] = (await once(sending, "response")) as [IncomingMessage];
    got.resume();
    expect(got.statusCode).toBe(413);
    await expect.poll(() => endings).toEqual(["broken off"]);
  });

  test("breaks off when the client does", async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    answering((incoming) => incoming.once("data", () => resolve()).resume());
    const sending = upload();
    sending.on("error", () => {});
    sending.write(Buffer.alloc(100_000));
    await arrived;
    sending.destroy();
    await expect.poll(() => endings).toEqual(["broken off"]);
  });

  test("leaves redirects and 304 to the client", async () => {
    answering((_request, response) =>
      response.writeHead(302, { location: "https://elsewhere.example/" }).end(),
    );
    const redirect = await fetch(`${worker.url}/api/surveys/`, { redirect: "manual" });
    answering((_request, response) => response.writeHead(304, { etag: '"v1"' }).end());
    const headers = { "if-none-match": '"v1"' };
    const unchanged = await fetch(`${worker.url}/flags/definitions?token=t`, { headers });
    expect([redirect.status, unchanged.status]).toEqual([302, 304]);
  });
});
