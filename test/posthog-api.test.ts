import { afterEach, describe, expect, test } from "vitest";
import type { AppApi } from "../src/apps/posthog-api.ts";
import { defineApp } from "../src/apps/testing.ts";
import { type RecordedRequest } from "./recorder.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

/** Makes one call from an app's `processEvent`; returns the request that it made, and what the app got. */
async function call(use: (api: AppApi, host: string) => Promise<Response>) {
  let result: unknown;
  edge = await startTestGateway({
    settings: { POSTHOG_PERSONAL_API_KEY: "phx_own" },
    apps: [
      defineApp(
        "app",
        {},
        {
          createApp: ({ posthog }) => ({
            exports: {
              async processEvent(event: object) {
                try {
                  result = await (await use((posthog as { api: AppApi }).api, edge.posthog.url)).json();
                } catch (error) {
                  result = (error as Error).message;
                }
                return event;
              },
            },
            defaultExport: undefined,
            moduleExports: {},
            topLevel: {},
          }),
        },
      ),
    ],
  });
  edge.posthog.answerWith(() => Response.json({ fine: true }));
  await edge.capture({ event: "e", distinct_id: "u1" });
  return { request: edge.posthog.requests[0] as RecordedRequest, result };
}

describe("posthog.api", () => {
  test.each<[string, (api: AppApi) => Promise<Response>, Partial<RecordedRequest>]>([
    [
      "get sends data as parameters, the token last",
      (api) => api.get("/api/event", { data: { url: "param" } }),
      { method: "GET", path: "/api/event?url=param&token=phc_test", body: "" },
    ],
    [
      "get adds to a query that is there",
      (api) => api.get("api/event?a=1"),
      { path: "/api/event?a=1&token=phc_test" },
    ],
    [
      "delete sends data as parameters too",
      (api) => api.delete("/api/x", { data: { b: 2 } }),
      { method: "DELETE", path: "/api/x?b=2&token=phc_test", body: "" },
    ],
    [
      "post sends data as JSON",
      (api) => api.post("/api/x", { data: { a: 1 } }),
      { method: "POST", path: "/api/x?token=phc_test", body: '{"a":1}' },
    ],
    ["post sends an empty object without data", (api) => api.post("/api/x"), { body: "{}" }],
    [
      "put sends data as JSON",
      (api) => api.put("/api/x", { data: { b: 2 } }),
      { method: "PUT", body: '{"b":2}' },
    ],
  ])("%s", async (_guarantee, use, expected) => {
    const { request, result } = await call(use);
    expect(request).toMatchObject(expected);
    expect(request.headers["authorization"]).toBe("Bearer phx_own");
    expect(result).toEqual({ fine: true });
  });

  test("says JSON for post, nothing for put, and what the app says before that", async () => {
    expect((await call((api) => api.post("/a"))).request.headers["content-type"]).toBe("application/json");
    await edge.stop();
    const headers = { "Content-Type": "text/csv" };
    expect((await call((api) => api.post("/a", { headers }))).request.headers["content-type"]).toBe(
      "text/csv",
    );
  });

  test("goes to another project and host with keys of its own", async () => {
    const { request } = await call((api, host) =>
      api.get("/a", { host: `${host}/`, projectApiKey: "phc_other", personalApiKey: "phx_other" }),
    );
    expect(request.path).toBe("/a?token=phc_other");
    expect(request.headers["authorization"]).toBe("Bearer phx_other");
  });

  test("puts the team's number in the place of @current", async () => {
    const { request } = await call((api) => api.get("/api/projects/@current/insights"));
    expect(request.path).toMatch(/^\/api\/projects\/\d+\/insights\?token=phc_test$/);
  });

  test("refuses one key without the other", async () => {
    const { request, result } = await call((api) => api.get("/a", { projectApiKey: "phc_other" }));
    expect(request).toBeUndefined();
    expect(result).toBe("You must specify a personalApiKey if you specify a projectApiKey and vice-versa!");
  });
});
