import { gunzipSync } from "node:zlib";
import { type Asked, type Fault, type FaultyServer, startFaultyServer } from "../chaos/faulty-server.ts";
import { createForward } from "../chaos/forward.ts";

/** A request as it came from the client, whatever became of it. */
export interface SeenRequest {
  path: string;
  /** The uuids of its batch. */
  uuids: string[];
  fault: Fault;
}

/** What lies between an SDK and the gateway. */
export interface FaultyProxy extends FaultyServer {
  seen: SeenRequest[];
}

/**
 * Passes everything on to the gateway but for what `decide` says.
 * @param decide given the events of a request and how many came before it
 */
export async function startFaultyProxy(
  gatewayUrl: string,
  decide: (events: number, earlier: number) => Fault,
): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  const forward = createForward(gatewayUrl);
  const server = await startFaultyServer({
    answer: forward,
    decide(asked) {
      const uuids = uuidsOf(asked);
      const fault = decide(uuids.length, seen.length);
      seen.push({ path: asked.path, uuids, fault });
      return fault;
    },
  });
  return {
    url: server.url,
    seen,
    async stop() {
      await server.stop();
      forward.stop();
    },
  };
}

function uuidsOf({ body, headers }: Asked): string[] {
  const json = (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
  if (!json.startsWith("{")) return [];
  const { batch = [] } = JSON.parse(json) as { batch?: { uuid: string }[] };
  return batch.map(({ uuid }) => uuid);
}
