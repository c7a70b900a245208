import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createLoad, type Load } from "./load.ts";
import type { CaptureRequest } from "./payload.ts";
import { type Sink, startSink } from "./sink.ts";

const requestOf = (text: string): CaptureRequest => ({
  body: Buffer.from(text),
  headers: { "Content-Length": String(Buffer.byteLength(text)) },
});

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part.stop();
});

function opened<Part extends Sink | Load>(part: Part): Part {
  open.push(part);
  return part;
}

test("every request is sent once, and the sink sees its body", async () => {
  const bodies: string[] = [];
  const sink = opened(await startSink((body) => bodies.push(String(body))));
  const texts = Array.from({ length: 50 }, (_, index) => `request ${index}`);
  await opened(createLoad()).send(sink.url, texts.map(requestOf));
  expect(sink.requests()).toBe(50);
  expect(bodies.toSorted()).toEqual(texts.toSorted());
});

test("an answer other than 200 ends the run with its text, since what failed has no cost", async () => {
  const server = createServer((_request, response) => response.writeHead(503).end("no queue"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ stop: () => server.close() });
  const { port } = server.address() as AddressInfo;
  const sending = opened(createLoad()).send(`http://127.0.0.1:${port}`, [requestOf("{}")]);
  await expect(sending).rejects.toThrow("the Worker answered 503: no queue");
});
