import { corsHeaders } from "../capture/cors.ts";

/** An error as SDKs can read it: a JSON object, never a bare string, with CORS (decisions 26). */
export function answerFault(request: Request, status: number, code: string, detail: string): Response {
  const type = status < 500 ? "invalid_request" : "server_error";
  const body = { type, code, detail, error: detail };
  return withCors(request, Response.json(body, { status }));
}

/**
 * Adds our CORS headers. `Vary: Origin` stands also where no origin was sent: a browser may keep what a script tag got, and
 * offer it to a `fetch` later, which then would lack them.
 */
export function withCors(request: Request, response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(corsHeaders(request))) {
    if (name !== "vary") headers.set(name, value);
  }
  if (!/\borigin\b|^\*$/i.test(headers.get("vary") ?? "")) headers.append("vary", "Origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
