import { currentInvocation } from "../../../apps/scope.ts";

/** A request that an app made in a trial. */
export interface RecordedRequest {
  hook?: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Text, cut; null without one. */
  body: string | null;
  /** What came back; null where it was not sent, or nothing came back. */
  status: number | null;
  sent: boolean;
}

const MAX_REQUESTS = 50;
const MAX_BODY_CHARACTERS = 10_000;

/**
 * A `fetch` that notes every request. With `send` it is really made; without, the app gets a 200 with an empty JSON object,
 * which most destinations' answers look like. More than 50 requests in one trial are refused.
 */
export function createRecordedFetch(options: { send: boolean; fetch: typeof fetch }): {
  fetch: typeof fetch;
  requests: readonly RecordedRequest[];
} {
  const requests: RecordedRequest[] = [];
  const recorded = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (requests.length >= MAX_REQUESTS) {
      throw new Error(`refused: a trial makes at most ${MAX_REQUESTS} requests`);
    }
    const request = new Request(input, init);
    const hook = currentInvocation.getStore()?.hook;
    const noted: RecordedRequest = {
      ...(hook ? { hook } : {}),
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: null,
      status: null,
      sent: options.send,
    };
    requests.push(noted);
    // As it is sent, whatever it was given as.
    const body = request.body === null ? null : await request.arrayBuffer();
    if (body) noted.body = cut(new TextDecoder().decode(body));
    if (!options.send) return Response.json({});
    const { method, url, headers, redirect, signal } = request;
    const answer = await options.fetch(url, { method, headers, redirect, signal, ...(body ? { body } : {}) });
    noted.status = answer.status;
    return answer;
  };
  return { fetch: recorded, requests };
}

function cut(text: string): string {
  const { length } = text;
  return length > MAX_BODY_CHARACTERS
    ? `${text.slice(0, MAX_BODY_CHARACTERS)}… (cut, ${length} characters)`
    : text;
}
