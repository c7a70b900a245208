import { gunzipSync } from "node:zlib";
import { listen } from "../src/testing/listen.ts";

/** A request as the recorder got it; `json` is undefined when the body is none. */
export interface RecordedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  json: unknown;
}

/** A destination on a real socket: writes down what it gets, and answers as the test says. */
export interface Recorder {
  url: string;
  requests: RecordedRequest[];
  /** Decides the answer from now on; 200 `{"status":"Ok"}` before it is called. */
  answerWith(answer: (request: RecordedRequest) => Response | Promise<Response>): void;
  stop(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  let answer = (_request: RecordedRequest): Response | Promise<Response> => Response.json({ status: "Ok" });
  const server = await listen(async (request) => {
    const bytes = Buffer.from(await request.arrayBuffer());
    const body = (request.headers.get("Content-Encoding") === "gzip" ? gunzipSync(bytes) : bytes).toString();
    const { pathname, search } = new URL(request.url);
    const recorded = {
      method: request.method,
      path: pathname + search,
      headers: Object.fromEntries(request.headers),
      body,
      json: parse(body),
    };
    requests.push(recorded);
    return answer(recorded);
  });
  return {
    url: server.url,
    requests,
    answerWith(next) {
      answer = next;
    },
    stop: server.stop,
  };
}

/** An address where nobody listens: a port that was free a moment ago may be the next server's. */
export const unreachableUrl = "http://127.0.0.1:2";

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
