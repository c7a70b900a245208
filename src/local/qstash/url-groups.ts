import type { RedisBackend } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import { keys } from "./keys.ts";
import { pairs } from "./redis.ts";

export interface Endpoint {
  url: string;
  name?: string | undefined;
}

/** An endpoint as a request names it. */
export interface EndpointQuery {
  url: string | undefined;
  name: string | undefined;
}

export interface UrlGroup {
  name: string;
  /** ms */
  createdAt: number;
  updatedAt: number;
  endpoints: Endpoint[];
}

/** Reads one group. Throws an ApiError (404) for an unknown one. */
export async function readUrlGroup(backend: RedisBackend, name: string): Promise<UrlGroup> {
  const text = await backend.command(["HGET", keys.urlGroups, name]);
  if (typeof text !== "string") {
    throw new ApiError(404, `URL group "${name}" not found: add an endpoint to it first.`);
  }
  return JSON.parse(text) as UrlGroup;
}

/** All groups, in no particular order. */
export async function listUrlGroups(backend: RedisBackend): Promise<UrlGroup[]> {
  const groups = pairs(await backend.command(["HGETALL", keys.urlGroups]));
  return [...groups.values()].map((text) => JSON.parse(text) as UrlGroup);
}

/** Adds endpoints, or renames those with the same address. Creates the group when it does not exist. */
export async function addEndpoints(
  backend: RedisBackend,
  name: string,
  endpoints: readonly Endpoint[],
  now: number,
): Promise<void> {
  const group = await findUrlGroup(backend, name);
  const byUrl = new Map(group?.endpoints.map((endpoint) => [endpoint.url, endpoint]));
  for (const endpoint of endpoints) byUrl.set(endpoint.url, endpoint);
  const createdAt = group?.createdAt ?? now;
  await write(backend, { name, createdAt, updatedAt: now, endpoints: [...byUrl.values()] });
}

/** Removes endpoints by name or address. A group without endpoints is removed too (QStash: Remove Endpoints). */
export async function removeEndpoints(
  backend: RedisBackend,
  name: string,
  endpoints: readonly EndpointQuery[],
  now: number,
): Promise<void> {
  const group = await readUrlGroup(backend, name);
  const remaining = group.endpoints.filter(
    (endpoint) =>
      !endpoints.some(
        (gone) => gone.url === endpoint.url || (gone.name !== undefined && gone.name === endpoint.name),
      ),
  );
  if (remaining.length === 0) await removeUrlGroup(backend, name);
  else await write(backend, { ...group, updatedAt: now, endpoints: remaining });
}

/** Removes a group; messages on their way to its endpoints are not touched. */
export async function removeUrlGroup(backend: RedisBackend, name: string): Promise<void> {
  await backend.command(["HDEL", keys.urlGroups, name]);
}

async function findUrlGroup(backend: RedisBackend, name: string): Promise<UrlGroup | undefined> {
  return (await listUrlGroups(backend)).find((group) => group.name === name);
}

async function write(backend: RedisBackend, group: UrlGroup): Promise<void> {
  await backend.command(["HSET", keys.urlGroups, group.name, JSON.stringify(group)]);
}
