import { STATUS_CODES } from "node:http";

/** A request that left the gateway, as its receiver would have seen it. */
export interface SentRequest {
  method: string;
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Text; empty without one. */
  body: string;
  /** The body as JSON; undefined when it is none. */
  json: unknown;
}

/** What a test says in a receiver's place; an `Error` is a network that fails with it. */
export type Answer =
  | Response
  | Error
  | { status?: number; headers?: Record<string, string>; json?: unknown; body?: string };

/** Which requests are meant: addresses that begin so, or match, or what a function picks. */
export type RequestMatcher = string | RegExp | ((request: SentRequest) => boolean);

export type Answerer = Answer | ((request: SentRequest) => Answer | Promise<Answer>);

/** Stands where the network would be: nothing leaves the process. */
export interface Outgoing {
  fetch: typeof fetch;
  requests: SentRequest[];
  /** See `TestApp.respond`. */
  respond(matcher: RequestMatcher, ...answers: Answerer[]): void;
}

interface Rule {
  matches: (request: SentRequest) => boolean;
  answers: Answerer[];
}

/** Records what is sent. A request that no rule answers gets 200 and `{}`. */
export function createOutgoing(): Outgoing {
  const requests: SentRequest[] = [];
  const rules: Rule[] = [];
  return {
    requests,
    respond(matcher, ...answers) {
      rules.unshift({ matches: matcherOf(matcher), answers });
    },
    async fetch(input, init) {
      const asked = new Request(input, init);
      const request = await record(asked);
      requests.push(request);
      const rule = rules.find(({ matches }) => matches(request));
      // The last answer stays.
      const answer = rule && rule.answers.length > 1 ? rule.answers.shift() : rule?.answers[0];
      const given = typeof answer === "function" ? answer(request) : (answer ?? { json: {} });
      return responseOf(await unlessAborted(given, asked.signal));
    },
  };
}

async function record(asked: Request): Promise<SentRequest> {
  const body = await asked.clone().text();
  return {
    method: asked.method,
    url: asked.url,
    headers: Object.fromEntries(asked.headers),
    body,
    json: parse(body),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Most bodies are not JSON, which is no fault.
    return undefined;
  }
}

function matcherOf(matcher: RequestMatcher): Rule["matches"] {
  if (typeof matcher === "function") return matcher;
  return typeof matcher === "string"
    ? ({ url }) => url.startsWith(matcher)
    : ({ url }) => url.search(matcher) >= 0;
}

/** An answer that never comes ends as it would on a network: by the sender's own timeout. */
async function unlessAborted(answer: Answer | Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function responseOf(answer: Answer): Response {
  if (answer instanceof Error) throw answer;
  // A body can be read once, and an answer may be given many times.
  if (answer instanceof Response) return answer.clone();
  const { json, body = null, ...given } = answer;
  // The status text, as servers write it.
  const init = { statusText: STATUS_CODES[given.status ?? 200] ?? "", ...given };
  return json === undefined ? new Response(body, init) : Response.json(json, init);
}
