import { describe, expect, test } from "vitest";
import { deploy, propertiesAfter } from "./deploy.ts";

const single = "export function processEvent(e) { e.properties.single = 1; return e }";

describe("the deprecated processEventBatch", () => {
  test.each<[string, string]>([
    [
      "is asked where there is no processEvent [190]",
      "function processEventBatch(es) { return es.map((e) => (e.properties.k = 1, e)) }",
    ],
    [
      "may be async [191]",
      "async function processEventBatch(es) { return es.map((e) => (e.properties.k = 1, e)) }",
    ],
    [
      "loses all events but the first [195]",
      "exports.processEventBatch = (es) => [{ ...es[0], properties: { k: 1 } }, { ...es[0], event: 'second' }]",
    ],
  ])("%s", async (_what, app) => {
    const edge = await deploy({ app });
    expect((await edge.send("e"))?.properties).toMatchObject({ k: 1 });
    expect(edge.delivered()).toHaveLength(1);
  });

  test.each(["return []", "return null", "", "return [null]"])(
    "drops the event when it says %j [193, 194]",
    async (body) => {
      expect(await propertiesAfter(`function processEventBatch(events) { ${body} }`)).toBeUndefined();
    },
  );

  test("gets a list of one, and meta [196]", async () => {
    const edge = await deploy({
      app: "async function processEventBatch(es, meta) { es[0].properties = { n: es.length, cache: typeof meta.cache }; return es }",
    });
    await edge.capture(...[1, 2, 3].map((n) => ({ event: `e${n}`, distinct_id: "u1" })));
    await edge.settle();
    expect(
      edge.delivered().map(({ event, properties }) => [event, properties["n"], properties["cache"]]),
    ).toEqual([1, 2, 3].map((n) => [`e${n}`, 1, "object"]));
  });

  test("is not asked beside processEvent [192]", async () => {
    const app = `${single} export function processEventBatch(es) { return [] }`;
    expect(await propertiesAfter(app)).toMatchObject({ single: 1 });
  });

  test("fails as processEvent does [197]", async () => {
    const app = "export function processEventBatch() { throw new Error('bug') }";
    expect(await propertiesAfter(app)).toMatchObject({ $plugins_failed: ["app (1)"] });
  });
});
