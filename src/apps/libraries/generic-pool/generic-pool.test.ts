import { expect, test } from "vitest";
import { bareScope, defineApp, instancesOf } from "../../testing.ts";
import { currentInvocation, type Scope } from "../../scope.ts";
import { createPool, Pool } from "./index.ts";

/** A piece of work that a test begins and ends. */
function beginWork() {
  const [instance] = instancesOf([defineApp("app", {})]);
  if (!instance) throw new Error("there is no instance");
  const closers: (() => Promise<unknown>)[] = [];
  const scope: Scope = { ...bareScope(), atEnd: (close) => void closers.push(close) };
  return {
    run: <Result>(call: () => Result) =>
      currentInvocation.run({ instance, hook: "processEvent", scope }, call),
    end: () => Promise.all(closers.splice(0).map((close) => close())),
  };
}

function createCounter() {
  const counter = { made: 0, destroyed: 0 };
  const factory = {
    create: async () => ({ id: (counter.made += 1) }),
    destroy: async () => void (counter.destroyed += 1),
  };
  return { counter, factory };
}

test("a piece of work has resources of its own, which end with it", async () => {
  const { counter, factory } = createCounter();
  const pool = createPool(factory, { max: 2 });
  const [first, second] = [beginWork(), beginWork()];
  const borrowed = await first.run(() => pool.acquire());
  const other = await second.run(() => pool.acquire());
  expect(other).not.toBe(borrowed);
  await first.run(() => pool.release(borrowed));
  expect(await first.run(() => pool.acquire())).toBe(borrowed);
  await first.run(() => pool.release(borrowed));
  await first.end();
  expect(counter).toEqual({ made: 2, destroyed: 1 });
  await second.run(() => pool.release(other));
  await second.end();
  expect(counter).toEqual({ made: 2, destroyed: 2 });
});

test("min resources are made at the first use of a piece of work, and ready waits for them", async () => {
  const { counter, factory } = createCounter();
  const pool = createPool(factory, { min: 2, max: 3 });
  expect([pool.min, pool.max, pool.size, counter.made]).toEqual([2, 3, 0, 0]);
  const work = beginWork();
  await work.run(() => pool.ready());
  expect(work.run(() => [pool.size, pool.available, pool.borrowed])).toEqual([2, 2, 0]);
  await work.end();
  expect(counter).toEqual({ made: 2, destroyed: 2 });
});

test("a factory that fails is asked a few times, not without end, and the app may hear of it", async () => {
  let asked = 0;
  const factory = {
    create: () => {
      asked += 1;
      return Promise.reject(new Error("no database"));
    },
    destroy: async () => {},
  };
  const pool = createPool(factory, { acquireTimeoutMillis: 450 });
  const heard: string[] = [];
  pool.on("factoryCreateError", (error: Error) => heard.push(error.message));
  const work = beginWork();
  await expect(work.run(() => pool.acquire())).rejects.toThrow("ResourceRequest timed out");
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThan(5);
  expect(heard[0]).toBe("no database");
  await work.end();
});

test("use gives a resource back, or destroys it when the app's function throws", async () => {
  const { counter, factory } = createCounter();
  const pool = createPool(factory);
  const work = beginWork();
  expect(await work.run(() => pool.use(({ id }) => id))).toBe(1);
  const fails = work.run(() =>
    pool.use(() => {
      throw new Error("mine");
    }),
  );
  await expect(fails).rejects.toThrow("mine");
  expect(counter).toEqual({ made: 1, destroyed: 1 });
  await work.end();
});

test("a resource that comes back when its work has ended goes where it came from", async () => {
  const { factory } = createCounter();
  const pool = createPool(factory);
  const [work, next] = [beginWork(), beginWork()];
  const resource = await work.run(() => pool.acquire());
  const ended = work.end();
  expect(pool.isBorrowedResource(resource)).toBe(true);
  await next.run(() => pool.release(resource));
  expect(pool.isBorrowedResource(resource)).toBe(false);
  await ended;
  await expect(next.run(() => pool.release(resource))).rejects.toThrow("not currently part of this pool");
});

test("a factory without its functions is refused as the package refuses it", () => {
  expect(() => createPool({} as never)).toThrow("factory.create must be a function");
  const { factory } = createCounter();
  expect(new Pool(null, null, null, factory, { max: 4 }).max).toBe(4);
});
