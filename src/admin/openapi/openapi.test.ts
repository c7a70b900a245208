import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { startTestGateway, type TestGateway } from "../../../test/gateway.ts";
import { createAttempts } from "../access/attempts.ts";
import { readSettings } from "../../settings.ts";
import { createActions } from "../actions.ts";
import { createAdminApi } from "../api.ts";
import { appChangeSchema } from "../apps/checked-change.ts";
import { trialRequest } from "../apps/try/routes.ts";
import { auditQuery } from "../audit-routes.ts";
import { stateQuery } from "../app-state.ts";
import { bufferQuery } from "../buffers.ts";
import { letterQuery, lettersBody } from "../dead-letters.ts";
import { eventQuery } from "../events/query.ts";
import { logQuery } from "../logs.ts";
import { metricsQuery } from "../metrics.ts";
import { runRequest } from "../run.ts";

interface Document {
  paths: Record<
    string,
    Record<string, { parameters?: { name: string; in: string }[]; requestBody?: object }>
  >;
}

let edge: TestGateway;
beforeEach(async () => {
  edge = await startTestGateway({ apps: [] });
});
afterEach(() => edge.stop());

const document = async () => (await (await edge.admin("openapi.json")).json()) as Document;

/** Names of all fields that a JSON Schema speaks of. */
function fieldsIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, ...rest } = schema as { properties?: object };
  const names = [
    ...Object.keys(properties ?? {}),
    ...Object.values(rest).flatMap(fieldsIn),
    ...Object.values(properties ?? {}).flatMap(fieldsIn),
  ];
  return [...new Set(names)].toSorted();
}

const now = () => new Date(edge.clock.now());

test("the document has every route that is mounted, and no other", async () => {
  const environment = {
    PROJECT_TOKENS: edge.token,
    PUBLIC_URL: edge.url,
    UPSTASH_REDIS_REST_URL: edge.url,
    UPSTASH_REDIS_REST_TOKEN: "token",
    QSTASH_TOKEN: "token",
    QSTASH_CURRENT_SIGNING_KEY: "key",
    QSTASH_NEXT_SIGNING_KEY: "key",
  };
  const parsed = readSettings(environment);
  if ("faults" in parsed) throw new Error(parsed.faults.join("; "));
  const { routes } = await edge.work(async (_scope, services) => {
    const finish = () => Promise.resolve();
    const options = {
      ...services,
      environment,
      settings: parsed.settings,
      fetch,
      finish,
      apps: [],
      now,
    };
    const attempts = createAttempts(services.store, now);
    return createAdminApi({ ...options, tokens: [], attempts, actions: createActions(options) });
  });
  const mounted = routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const described = Object.entries((await document()).paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual([...new Set(mounted)].toSorted());
});

test.each([
  ["get", "/apps/{plugin}/logs", logQuery],
  ["get", "/apps/{plugin}/state", stateQuery],
  ["delete", "/apps/{plugin}/state", stateQuery],
  ["delete", "/buffers/{plugin}", bufferQuery],
  ["post", "/buffers/{plugin}/flush", bufferQuery],
  ["get", "/deadletters", letterQuery],
  ["get", "/events", eventQuery],
  ["get", "/metrics", metricsQuery],
  ["get", "/audit", auditQuery],
])("parameters of %s %s are those that the route parses", async (method, path, schema) => {
  const { parameters = [] } = (await document()).paths[path]?.[method] ?? {};
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  expect(inQuery.map(({ name }) => name).toSorted()).toEqual(Object.keys(schema.shape).toSorted());
});

test.each([
  ["patch", "/apps/{plugin}", appChangeSchema],
  ["post", "/apps/{plugin}/run", runRequest],
  ["post", "/apps/{plugin}/test", trialRequest],
  ["post", "/deadletters/replay", lettersBody],
  ["delete", "/deadletters", lettersBody],
])("the body of %s %s has the fields that the route parses", async (method, path, schema) => {
  const { requestBody } = (await document()).paths[path]?.[method] ?? {};
  const { $defs: _, ...parsed } = z.toJSONSchema(schema);
  expect(fieldsIn(requestBody)).toEqual(fieldsIn(parsed));
});

test("references lead somewhere, and the document is for holders of the token", async () => {
  const whole = await document();
  const references = JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g);
  for (const [, path = ""] of references) {
    const found = path
      .split("/")
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], whole);
    expect(found, path).toBeDefined();
  }
  expect((await fetch(`${edge.url}/admin/api/openapi.json`)).status).toBe(401);
});
