import { describe, expect, test } from "vitest";
import { createRecorder } from "../capture.fixture.ts";
import { postV1, REQUEST_ID, V1_EVENT, V1_PATH, v1Body } from "./v1.fixture.ts";

/** The answer to a valid body under headers that differ from the usual ones. */
async function refusal(headers: Record<string, string | null>) {
  const recorder = createRecorder();
  const response = await postV1(recorder, v1Body(V1_EVENT), headers);
  expect(recorder.batches).toEqual([]);
  const body = (await response.json()) as Record<string, string>;
  return { status: response.status, error: body.error, description: body.error_description, response, body };
}

describe("a v1 request is refused", () => {
  test.each([
    ["posthog-sdk-info"],
    ["posthog-attempt"],
    ["posthog-request-id"],
    ["posthog-request-timestamp"],
    ["user-agent"],
  ])("without %s", async (name) => {
    const { status, error, description } = await refusal({ [name]: null });
    expect([status, error]).toEqual([400, "missing_required_headers"]);
    expect(description?.toLowerCase()).toContain(name);
  });

  test("with the names of all headers that are missing", async () => {
    const { description } = await refusal({ "posthog-attempt": null, "user-agent": null });
    expect(description).toBe("missing required headers: PostHog-Attempt, User-Agent");
  });

  test.each<[string, Record<string, string | null>, number, string]>([
    ["no Authorization", { authorization: null }, 401, "missing_authorization"],
    ["another scheme", { authorization: "Basic dTpw" }, 400, "invalid_header_value"],
    ["a personal key", { authorization: "Bearer phx_x" }, 401, "invalid_api_token"],
    ["no token", { authorization: "Bearer" }, 401, "invalid_api_token"],
    ["a project that is not served", { authorization: "Bearer phc_other" }, 401, "invalid_api_token"],
    ["attempt 0", { "posthog-attempt": "0" }, 400, "invalid_header_value"],
    ["attempt x", { "posthog-attempt": "x" }, 400, "invalid_header_value"],
    ["attempt 1.5", { "posthog-attempt": "1.5" }, 400, "invalid_header_value"],
    ["a request id that is no UUID", { "posthog-request-id": "nope" }, 400, "invalid_header_value"],
    ["yesterday", { "posthog-request-timestamp": "yesterday" }, 400, "invalid_header_value"],
    [
      "a time without zone",
      { "posthog-request-timestamp": "2023-01-01T12:00:00" },
      400,
      "invalid_header_value",
    ],
    ["SDK info without a version", { "posthog-sdk-info": "posthog-node" }, 400, "invalid_header_value"],
    ["SDK info without a name", { "posthog-sdk-info": "/1" }, 400, "invalid_header_value"],
    ["endless SDK info", { "posthog-sdk-info": `${"x".repeat(199)}/1` }, 400, "invalid_header_value"],
    ["text/plain", { "content-type": "text/plain" }, 415, "unsupported_content_type"],
    ["no content type", { "content-type": "" }, 415, "unsupported_content_type"],
    ["an unknown coding", { "content-encoding": "lz64" }, 415, "unsupported_content_encoding"],
    ["two codings", { "content-encoding": "gzip, br" }, 415, "unsupported_content_encoding"],
  ])("for %s", async (_name, headers, status, error) => {
    const refused = await refusal(headers);
    expect([refused.status, refused.error]).toEqual([status, error]);
    expect(refused.response.headers.has("retry-after")).toBe(false);
  });

  test("by an object that says what happened to clients of either protocol", async () => {
    const { body } = await refusal({ "posthog-attempt": "0" });
    expect(body).toEqual({
      error: "invalid_header_value",
      error_description: "the header PostHog-Attempt must be a number from 1 on",
      error_uri: expect.stringMatching(/^https:/),
      type: "validation_error",
      code: "invalid_header_value",
      detail: "the header PostHog-Attempt must be a number from 1 on",
    });
  });
});

describe("a v1 request is taken", () => {
  test.each<[string, Record<string, string>]>([
    ["with a scheme in any case and blanks around the token", { authorization: "bEARER   phc_test  " }],
    ["with parameters of the content type", { "content-type": "Application/JSON; charset=utf-8" }],
    ["on a later attempt", { "posthog-attempt": "12" }],
    ["with a coding of identity", { "content-encoding": "identity" }],
    ["with a slash at the end of the path", { path: `${V1_PATH}/` }],
  ])("%s", async (_name, headers) => {
    const recorder = createRecorder();
    const response = await postV1(recorder, v1Body(V1_EVENT), headers);
    expect(response.status).toBe(200);
    expect(recorder.batches[0]?.project).toBe("phc_test");
  });

  test("with an SDK whose name holds a slash", async () => {
    const recorder = createRecorder();
    await postV1(recorder, v1Body(V1_EVENT), { "posthog-sdk-info": "@posthog/web/4.0.1" });
    expect(recorder.batches[0]?.events[0]?.properties).toMatchObject({
      $lib: "@posthog/web",
      $lib_version: "4.0.1",
    });
  });

  test("and its id is echoed, with the time of the answer, also when it is refused", async () => {
    for (const headers of [{}, { "posthog-attempt": "0" }]) {
      const response = await postV1(createRecorder(), v1Body(V1_EVENT), headers);
      expect(response.headers.get("posthog-request-id")).toBe(REQUEST_ID);
      expect(response.headers.get("date")).toBe("Sun, 01 Jan 2023 12:00:00 GMT");
    }
  });
});

describe("a browser's v1 request", () => {
  const origin = "https://shop.example";

  test("is allowed by its preflight, with whatever headers it asks for", async () => {
    const { app } = createRecorder();
    const requested = "authorization,content-encoding,content-type,posthog-attempt,posthog-sdk-info";
    const response = await app.request(V1_PATH, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": requested,
      },
    });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers": requested,
    });
  });

  test.each([
    ["is accepted", {}, 200],
    ["is refused", { authorization: null }, 401],
  ])("may be read when it %s", async (_name, headers, status) => {
    const response = await postV1(createRecorder(), v1Body(V1_EVENT), { origin, ...headers });
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("access-control-expose-headers")).toBe(
      "Retry-After, PostHog-Request-Id, Date",
    );
  });

  test.each(["GET", "HEAD", "PUT", "DELETE"])("is refused with 405 when it is a %s", async (method) => {
    const response = await createRecorder().app.request(V1_PATH, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
  });
});
