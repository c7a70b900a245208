import { appsOf } from "./apps.ts";
import { type RunningIsolate, type SigningKeys, startIsolate } from "./isolates.ts";
import type { Isolate, Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Deployment } from "./schedule.ts";
import type { VirtualTime } from "./time.ts";

const ISOLATES = 2;

/** The isolates that take requests. One that ends is replaced at once, by one that knows nothing. */
export interface Cluster {
  /** All so far, the last one in force. */
  readonly deployments: readonly Deployment[];
  readonly isolates: readonly RunningIsolate[];
  /** One of them, by chance. */
  pick(): RunningIsolate;
  /** New isolates take the place of all; the old ones end what they are at, if it is done gently, or end at once. */
  deploy(deployment: Deployment, gentle: boolean): void;
  /** The same deployment with other signing keys. */
  rekey(keys: SigningKeys): void;
  replace(ended: Isolate): void;
  /** So many cron ticks of this minute, each in any isolate. */
  tick(times: number): void;
}

export function createCluster(options: {
  time: VirtualTime;
  random: Random;
  network: Network;
  signingKeys: SigningKeys;
  write: (line: string) => void;
  tell: (what: string) => void;
}): Cluster {
  const { time, random, network } = options;
  let { signingKeys } = options;
  const deployments: Deployment[] = ["all"];
  let started = 0;
  const start = () =>
    startIsolate({
      name: `isolate ${(started += 1)}`,
      apps: appsOf(deployments.at(-1) ?? "all"),
      signingKeys,
      time,
      random: random.fork(),
      fetch: network.fetch,
      write: options.write,
    });
  const isolates = Array.from({ length: ISOLATES }, start);

  const cluster: Cluster = {
    deployments,
    isolates,
    pick: () => random.pick(isolates),
    deploy(deployment, gentle) {
      deployments.push(deployment);
      options.tell(`deployment of "${deployment}"${gentle ? "" : ", at once"}`);
      const before = isolates.splice(0);
      for (let n = 0; n < ISOLATES; n += 1) isolates.push(start());
      for (const isolate of before) {
        if (!gentle) network.kill(isolate);
        else void network.run(isolate, "stop", () => isolate.gateway.stop(() => {}).catch(() => {}));
      }
    },
    rekey(keys) {
      signingKeys = keys;
      cluster.deploy(deployments.at(-1) ?? "all", true);
    },
    replace(ended) {
      const index = isolates.findIndex((isolate) => isolate === ended);
      if (index >= 0) isolates.splice(index, 1, start());
    },
    tick(times) {
      const timeMs = time.now();
      for (let n = 0; n < times; n += 1) {
        const isolate = cluster.pick();
        network.run(isolate, "cron", () => void isolate.gateway.scheduled(timeMs).catch(() => {}));
      }
    },
  };
  return cluster;
}
