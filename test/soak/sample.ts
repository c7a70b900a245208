import { readFile } from "node:fs/promises";
import type { Redis } from "ioredis";
import { type Depth, depthOf, scan } from "../chaos/drain.ts";
import { TOKEN, type World } from "../chaos/world.ts";
import type { Heap } from "./heap.ts";

/** The keys of one kind. */
export interface KeyKind {
  keys: number;
  bytes: number;
  /** The longest that one of them has still to live; null when one lives for ever. */
  lifeSeconds: number | null;
}

/** What the system holds at one moment. */
export interface Sample {
  atSeconds: number;
  /** Live objects of the gateway's isolate, after a collection. */
  heapMb: number;
  rssMb: { gateway: number; stack: number; redis: number };
  depth: Depth;
  kinds: ReadonlyMap<string, KeyKind>;
}

/** Looks at the processes and at every key in Redis. */
export async function takeSample(world: World, heap: Heap, atSeconds: number): Promise<Sample> {
  const heapMb = await heap.liveMb();
  const { gateway, stack, redis } = world.pids();
  const [gatewayMb, stackMb, redisMb] = await Promise.all([rssMbOf(gateway), rssMbOf(stack), rssMbOf(redis)]);
  return {
    atSeconds,
    heapMb,
    rssMb: { gateway: gatewayMb, stack: stackMb, redis: redisMb },
    depth: await depthOf(world.redis),
    kinds: await kindsOf(world.redis),
  };
}

async function rssMbOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}

async function kindsOf(redis: Redis): Promise<Map<string, KeyKind>> {
  const names = await scan(redis, "*");
  const looks = await Promise.all(
    names.map(async (name) => ({
      name,
      bytes: Number(await redis.memory("USAGE", name)),
      life: await redis.ttl(name),
    })),
  );
  const kinds = new Map<string, KeyKind>();
  for (const { name, bytes, life } of looks) {
    // Gone between the two looks.
    if (life === -2) continue;
    const kind = kindOf(name);
    const { keys, bytes: sum, lifeSeconds } = kinds.get(kind) ?? { keys: 0, bytes: 0, lifeSeconds: 0 };
    const longest = life === -1 || lifeSeconds === null ? null : Math.max(lifeSeconds, life);
    kinds.set(kind, { keys: keys + 1, bytes: sum + bytes, lifeSeconds: longest });
  }
  return kinds;
}

/** A key's name without what tells it from others of its kind: project, app, and what holds digits. */
export function kindOf(name: string): string {
  if (name.startsWith("qstash:")) return "qstash";
  const [head = "", ...rest] = name.split(":");
  if (head === "app") return `app:${rest[2] ?? ""}`;
  return [head, ...rest.filter((part) => part !== TOKEN && /^[a-z]+$/.test(part) && !APPS.has(part))].join(
    ":",
  );
}

const APPS = new Set(["gate", "visits", "orders", "warehouse", "announcer"]);
