import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, SINGLE, TOKEN } from "./capture.fixture.ts";

const { api_key: _key, ...anonymous } = SINGLE;
const withToken = (token: unknown) => ({ ...EVENT, properties: { token } });

describe("the project of a request", () => {
  test.each<[string, unknown]>([
    ["api_key", SINGLE],
    ["token", { ...anonymous, token: TOKEN }],
    ["$token", { ...anonymous, $token: TOKEN }],
    ["properties.token", withToken(TOKEN)],
    ["blanks around it", { ...anonymous, token: ` ${TOKEN} ` }],
    ["the envelope's api_key", { api_key: TOKEN, batch: [EVENT] }],
    ["the envelope's token", { token: TOKEN, batch: [EVENT] }],
    ["the envelope before the event's own", { api_key: TOKEN, batch: [{ ...EVENT, token: "phc_other" }] }],
    ["an envelope without, events with", { batch: [withToken(TOKEN), EVENT] }],
    ["the first event of a list", [withToken(TOKEN), EVENT]],
    ["the last event of a list", [EVENT, { ...EVENT, api_key: TOKEN }]],
  ])("is told by %s", async (_name, body) => {
    const recorder = createRecorder();
    expect((await recorder.post(body)).status).toBe(200);
    expect(recorder.batches[0]?.project).toBe(TOKEN);
  });

  test.each<[string, unknown, string]>([
    ["no token", anonymous, "event submitted without an api_key"],
    ["no token in a list", [anonymous, anonymous], "event submitted without an api_key"],
    [
      "two tokens",
      [withToken(TOKEN), withToken("phc_other")],
      "batch submitted with inconsistent api_key values",
    ],
    ["an empty token", { ...SINGLE, api_key: "" }, "API key is not valid: empty"],
    ["a blank token", { ...SINGLE, api_key: "   " }, "API key is not valid: empty"],
    ["a long token", { ...SINGLE, api_key: "p".repeat(65) }, "API key is not valid: too_long"],
    ["a personal key", { ...SINGLE, api_key: "phx_abc" }, "API key is not valid: personal_api_key"],
    ["a NUL", { ...SINGLE, api_key: "phc_\0" }, "API key is not valid: null_byte"],
    ["an umlaut", { ...SINGLE, api_key: "phc_ä" }, "API key is not valid: not_ascii"],
    ["a number", { ...SINGLE, api_key: 123 }, "API key is not valid: not_a_string"],
    [
      "an unknown token",
      { ...SINGLE, api_key: "phc_other" },
      "The provided API key is invalid or has expired",
    ],
  ])("is refused with 401 for %s", async (_name, body, message) => {
    const recorder = createRecorder();
    const response = await recorder.post(body);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      type: "authentication_error",
      detail: expect.stringContaining(message),
    });
    expect(recorder.batches).toEqual([]);
  });

  test("is not told by query or Authorization", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await createRecorder().post(anonymous, `/e/?token=${TOKEN}&api_key=${TOKEN}`, headers);
    expect(response.status).toBe(401);
  });
});
