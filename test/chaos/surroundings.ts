import type { Destination } from "./events.ts";
import { type Asked, type FaultyServer, startFaultyServer } from "./faulty-server.ts";
import type { Dependency, Faults } from "./faults.ts";
import { createForward } from "./forward.ts";
import type { Cause, Ledger } from "./ledger.ts";
import { shortenDelays, soonAgain } from "./queue-time.ts";

/** Everything around the gateway, each with faults in between, and the ledger that all of it writes to. */
export interface Surroundings {
  /** Addresses that the gateway is given instead of the real ones. */
  urls: {
    posthog: string;
    orders: string;
    warehouse: string;
    announcements: string;
    redis: string;
    qstash: string;
  };
  /** Where QStash delivers. */
  deliveryUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the destinations, and what lies between the gateway, Redis and QStash.
 * @param speed by how much shorter messages wait in QStash than the gateway asks
 */
export async function startSurroundings(options: {
  faults: Faults;
  ledger: Ledger;
  redisUrl: string;
  qstashUrl: string;
  gatewayUrl: string;
  speed: number;
}): Promise<Surroundings> {
  const { faults, ledger } = options;
  const servers: FaultyServer[] = [];
  const forwards = [options.redisUrl, options.qstashUrl, options.gatewayUrl].map(createForward);
  const [toRedis, toQStash, toGateway] = forwards as [Forward, Forward, Forward];
  const serve = async (server: Promise<FaultyServer>) => {
    servers.push(await server);
    return (await server).url;
  };
  const suspect = (cause: Cause, destination?: Destination) => (asked: Asked) =>
    ledger.suspect(asked.body.toString(), cause, destination);

  const destination = (name: Destination, dependency: Dependency, uuidsOf: (body: unknown) => string[]) =>
    serve(
      startFaultyServer({
        decide: () => faults.decide(dependency),
        onUnheard: suspect("the destination's answer was lost", name),
        answer({ body }) {
          ledger.arrived(name, uuidsOf(JSON.parse(body.toString())));
          return { status: 200, headers: { "Content-Type": "application/json" }, body: '{"status":"Ok"}' };
        },
      }),
    );

  const batches = new Set<string>();
  const noteBatch = (uuids: string[]) => {
    const name = `${uuids.length} ${uuids[0]} ${uuids.at(-1)}`;
    if (batches.has(name)) ledger.suspect(uuids.join(), "the batch was exported again", "exportEvents");
    batches.add(name);
    return uuids;
  };

  const urls = {
    posthog: await destination("PostHog", "posthog", (body) =>
      (body as { batch: { uuid: string }[] }).batch.map(({ uuid }) => uuid),
    ),
    orders: await destination("onEvent", "hooks", (body) => body as string[]),
    announcements: await destination("composeWebhook", "hooks", (body) => body as string[]),
    warehouse: await destination("exportEvents", "export", (body) => noteBatch(body as string[])),
    redis: await serve(
      startFaultyServer({
        decide: () => faults.decide("redis"),
        onUnheard: suspect("Redis's answer was lost"),
        answer: toRedis,
      }),
    ),
    qstash: await serve(
      startFaultyServer({
        decide: () => faults.decide("qstash"),
        onUnheard: suspect("QStash's answer was lost"),
        answer: (asked) => toQStash(shortenDelays(asked, options.speed)),
      }),
    ),
  };
  const offered = new Set<string>();
  const suspectDelivery = suspect("QStash delivered it again");
  const deliveryUrl = await serve(
    startFaultyServer({
      decide(asked) {
        const fault = faults.decide("delivery");
        return typeof fault === "object" && "status" in fault
          ? soonAgain(asked, fault, options.speed)
          : fault;
      },
      onUnheard: suspectDelivery,
      async answer(asked) {
        const message = String(asked.headers["upstash-message-id"]);
        if (offered.has(message)) suspectDelivery(asked);
        offered.add(message);
        const gave = await toGateway(asked).catch(() => ({ status: 502 }));
        return soonAgain(asked, gave, options.speed);
      },
    }),
  );

  return {
    urls,
    deliveryUrl,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      for (const forward of forwards) forward.stop();
    },
  };
}

type Forward = ReturnType<typeof createForward>;
