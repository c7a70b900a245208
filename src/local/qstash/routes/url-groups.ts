import { type Context, Hono } from "hono";
import { ApiError } from "../api-error.ts";
import { httpUrl } from "../destination.ts";
import type { Engine } from "../engine.ts";
import { resourceName } from "../name.ts";
import {
  addEndpoints,
  type Endpoint,
  type EndpointQuery,
  listUrlGroups,
  readUrlGroup,
  removeEndpoints,
  removeUrlGroup,
} from "../url-groups.ts";
import { jsonBody } from "./json-body.ts";

/** `/v2/topics`: URL groups, names that stand for several destinations. */
export function urlGroupRoutes(engine: Engine): Hono {
  const app = new Hono();
  const { backend, clock } = engine;

  app.get("/topics", async (context) => context.json(await listUrlGroups(backend)));

  app.get("/topics/:name", async (context) =>
    context.json(await readUrlGroup(backend, context.req.param("name"))),
  );

  app.delete("/topics/:name", async (context) => {
    await engine.moving(() => removeUrlGroup(backend, context.req.param("name")));
    return context.body(null);
  });

  app.post("/topics/:name/endpoints", async (context) => {
    const name = resourceName("URL group", context.req.param("name"));
    const endpoints = (await readEndpoints(context)).map(({ url, name: endpointName }): Endpoint => ({
      url: httpUrl("endpoint url", url ?? ""),
      name: endpointName,
    }));
    await engine.moving(() => addEndpoints(backend, name, endpoints, clock.now()));
    return context.body(null);
  });

  app.delete("/topics/:name/endpoints", async (context) => {
    const endpoints = await readEndpoints(context);
    await engine.moving(() => removeEndpoints(backend, context.req.param("name"), endpoints, clock.now()));
    return context.body(null);
  });

  return app;
}

async function readEndpoints(context: Context): Promise<EndpointQuery[]> {
  const { endpoints } = await jsonBody(context);
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw new ApiError(400, '"endpoints" must be a list of {"url", "name"?} with at least one entry.');
  }
  return endpoints.map((endpoint: unknown) => {
    const { url, name } = Object(endpoint) as Record<string, unknown>;
    return {
      url: typeof url === "string" ? url : undefined,
      name: typeof name === "string" ? resourceName("endpoint name", name) : undefined,
    };
  });
}
