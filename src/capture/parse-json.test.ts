import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRecorder, TOKEN } from "./capture.fixture.ts";
import { parseJson } from "./parse-json.ts";
import { postV1, V1_EVENT, v1Body } from "./v1/v1.fixture.ts";

describe("numbers that are none in JSON", () => {
  test.each([
    [`{"a": NaN, "b": [Infinity, -Infinity,NaN]}`, { a: null, b: [null, null, null] }],
    [`{"NaN": "-Infinity, NaN", "q\\"": NaN}`, { NaN: "-Infinity, NaN", 'q"': null }],
    [`[NaN, "\\\\", NaN]`, [null, "\\", null]],
  ])("%s are read as null, and in strings as they are", (json, expected) => {
    expect(parseJson(json)).toEqual(expected);
  });

  test("change nothing else, whatever stands around them", () => {
    const withNumbers = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant("NaN")));
    fc.assert(
      fc.property(withNumbers, (value) => {
        const parsed = JSON.parse(JSON.stringify(value));
        expect(parseJson(`[NaN, ${JSON.stringify(value)}, -Infinity]`)).toEqual([null, parsed, null]);
      }),
    );
  });

  test.each(["NaNa", `{"a": NaN`, `{NaN: 1}`, `"NaN`, "nan", "[Infinity 1]"])("%s is no JSON", (json) => {
    expect(() => parseJson(json)).toThrow("failed to parse request");
  });

  test("in absurd numbers are no JSON", () => {
    expect(() => parseJson(`[${"NaN ".repeat(1_000_000)}]`)).toThrow("failed to parse request");
  });

  test("cost no event of their batch", async () => {
    const recorder = createRecorder();
    const event = `{"event": "e", "distinct_id": "u", "properties": {"ratio": NaN}}`;
    const body = `{"api_key": "${TOKEN}", "batch": [${event}, {"event": "e2", "distinct_id": "u"}]}`;
    expect((await recorder.post(body, "/batch/")).status).toBe(200);
    expect(recorder.batches[0]?.events).toMatchObject([
      { event: "e", properties: { ratio: null } },
      { event: "e2" },
    ]);
    const v1 = JSON.stringify(v1Body({ ...V1_EVENT, properties: { ratio: 0 } })).replace(":0}", ":NaN}");
    expect((await postV1(recorder, v1)).status).toBe(200);
    expect(recorder.batches[1]?.events).toMatchObject([{ properties: { ratio: null } }]);
  });
});
