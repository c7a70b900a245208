import { expect, test } from "vitest";
import { deploy } from "./deploy.ts";

/** An app that puts each event into a buffer, with as many points as the event says. */
const app = (limit: number) => `import { createBuffer } from '@posthog/plugin-contrib'
  export function setupPlugin({ global }) {
    global.buffer = createBuffer({
      limit: ${limit},
      timeoutSeconds: 1,
      onFlush: async (objects, points) => { await fetch(HOOK, { method: 'post', body: JSON.stringify([objects.length, points]) }) },
    })
  }
  export function processEvent(event, { global }) { global.buffer.add(event.event, event.properties.points); return event }
  export async function teardownPlugin({ global }) { await global.buffer.flush() }`;

test.each<[number, number[], number[][], number[][]]>([
  [10, [5, 5, 1], [[2, 10]], [[1, 1]]],
  [10, [11], [[1, 11]], []],
  [
    1,
    [1, 1, 1],
    [
      [1, 1],
      [1, 1],
    ],
    [[1, 1]],
  ],
  [10, [5, 5], [], [[2, 10]]],
  [10, [0], [], [[1, 0]]],
])(
  "createBuffer of %i flushes points %j at once as %j, by its time as %j [292–297]",
  async (limit, points, atOnce, byTime) => {
    const edge = await deploy({ app: app(limit) });
    for (const value of points) await edge.send("e", { properties: { points: value } });
    expect(edge.hook.requests.map(({ json }) => json)).toEqual(atOnce);
    await edge.advance(5000);
    expect(edge.hook.requests.map(({ json }) => json)).toEqual([...atOnce, ...byTime]);
  },
);

test("createBuffer is flushed by teardownPlugin, once [298]", async () => {
  const edge = await deploy({ app: app(10) });
  await edge.send("e", { properties: { points: 1 } });
  await edge.tearDown();
  await edge.advance(5000);
  expect(edge.hook.requests.map(({ json }) => json)).toEqual([[1, 1]]);
});
