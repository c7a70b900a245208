import { gunzipSync } from "node:zlib";
import { Hono } from "hono";

const app = new Hono<{ Bindings: { SINK_URL: string } }>();

/**
 * The least that a Worker can do with a request of events, as a measure for the gateway: decompress, parse, serialise, and
 * pass on with one `fetch`. It checks nothing, and has no timeout, on purpose.
 */
app.post("*", async (context) => {
  const body = new Uint8Array(await context.req.arrayBuffer());
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const events: unknown = JSON.parse(new TextDecoder().decode(isGzip ? gunzipSync(body) : body));
  const answer = await fetch(context.env.SINK_URL, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(events),
  });
  // Read to its end: otherwise workerd closes the connection and the next request pays for a new one.
  await answer.text();
  return answer.ok ? context.json({ status: "Ok" }) : context.json({ error: "the sink refused" }, 502);
});

export default app;
