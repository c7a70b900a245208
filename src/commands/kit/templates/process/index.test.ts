import { createTestApp } from "edgehog/testing";
import { expect, test } from "vitest";

const folder = import.meta.dirname;

test("an order is large from the threshold on", async () => {
  await using app = await createTestApp({ folder, config: { threshold: "50" } });
  const sizeOf = async (price: number) =>
    (await app.processEvent({ event: "order", properties: { price } }))?.properties?.["size"];
  expect([await sizeOf(49), await sizeOf(50)]).toEqual(["small", "large"]);
});

test("test orders do not reach PostHog", async () => {
  await using app = await createTestApp({ folder });
  await app.capture([
    { event: "order", properties: { price: 1, test: true } },
    { event: "order", properties: { price: 100 } },
  ]);
  expect(app.delivered).toMatchObject([{ properties: { price: 100, size: "large" } }]);
});

test("set-up refuses a threshold that is no number, and says what to set", async () => {
  await using app = await createTestApp({ folder, config: { threshold: "a lot" } });
  await expect(app.setUp()).rejects.toThrow('threshold is "a lot"; set it to a number');
});
