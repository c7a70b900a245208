import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { RecordedRequest } from "./recording.ts";

/** A stand-in for PostHog that accepts everything and writes down what reaches a capture path. */
export interface Sink {
  url: string;
  /** Capture requests, in the order of their arrival. */
  requests: RecordedRequest[];
  /** Serves a file under a path from now on. */
  serve(path: string, contentType: string, body: string | Buffer): void;
  /** Resolves when no request has come for so long. */
  quiet(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

const CAPTURE_PATH =
  /^\/(e|batch|capture|track|engage|i\/v0\/e|i\/v0\/ai\/batch|i\/v1\/[a-z]+\/events)\/?(\?|$)/;
const KEPT_HEADER = /^(content-type|content-encoding|user-agent|authorization|posthog-.*)$/;
const MAX_USER_AGENT_CHARACTERS = 60;

/** What SDKs ask for before they capture: flags, and what the project has switched on. */
const CONFIG = {
  config: { enable_collect_everything: true },
  toolbarParams: {},
  isAuthenticated: false,
  supportedCompression: ["gzip", "gzip-js", "lz64"],
  featureFlags: {},
  featureFlagPayloads: {},
  flags: {},
  hasFeatureFlags: false,
  autocapture_opt_out: false,
  elementsChainAsString: true,
  sessionRecording: false,
  surveys: false,
  heatmaps: false,
  capturePerformance: false,
  siteApps: [],
};

/** Listens on 127.0.0.1, on a port of the system's choice. */
export async function startSink(): Promise<Sink> {
  const requests: RecordedRequest[] = [];
  const files = new Map<string, { contentType: string; body: string | Buffer }>();
  let lastArrivalMs = Date.now();

  const server = createServer((request, response) => {
    lastArrivalMs = Date.now();
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { method = "GET", url: path = "/" } = request;
    const receivedAt = new Date().toISOString();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (CAPTURE_PATH.test(path) && method !== "OPTIONS") {
      requests.push({
        receivedAt,
        method,
        path,
        headers: keptHeaders(request),
        ...bodyOf(Buffer.concat(chunks)),
      });
    }
    const file = files.get(path.replace(/\?.*/, ""));
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (file) response.writeHead(200, { "Content-Type": file.contentType }).end(file.body);
    else if (/\.js($|\?)/.test(path)) response.writeHead(404).end();
    else {
      const body = CAPTURE_PATH.test(path) ? captureAnswer(path) : CONFIG;
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the recorder has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    serve: (path, contentType, body) => files.set(path, { contentType, body }),
    async quiet(milliseconds) {
      lastArrivalMs = Math.max(lastArrivalMs, Date.now());
      for (let left = milliseconds; left > 0; left = lastArrivalMs + milliseconds - Date.now()) {
        await new Promise((resolve) => setTimeout(resolve, left));
      }
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Protocol v1 wants nothing but a JSON object here: an event without a result counts as done. */
function captureAnswer(path: string): unknown {
  return path.startsWith("/i/v1/") ? { results: {} } : { status: 1 };
}

function keptHeaders(request: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value !== "string" || !KEPT_HEADER.test(name)) continue;
    kept[name] = name === "user-agent" ? value.slice(0, MAX_USER_AGENT_CHARACTERS) : value;
  }
  return kept;
}

/** Text that is the same bytes again stays readable in the corpus. */
function bodyOf(bytes: Buffer): Pick<RecordedRequest, "text" | "base64"> {
  if (bytes.length === 0) return {};
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}
