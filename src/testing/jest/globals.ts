import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

type Body = (...given: unknown[]) => unknown;

/** Jest's global functions, made from vitest's, which take no `done` and have no variants with `x` and `f`. */
export function createGlobals(): Record<string, unknown> {
  const jestTest = withDone(test);
  return {
    expect,
    describe,
    fdescribe: describe.only,
    xdescribe: describe.skip,
    test: jestTest,
    it: jestTest,
    fit: jestTest.only,
    xit: test.skip,
    xtest: test.skip,
    beforeAll: hook(beforeAll),
    beforeEach: hook(beforeEach),
    afterAll: hook(afterAll),
    afterEach: hook(afterEach),
  };
}

type Define = (name: string, body?: Body, timeoutMs?: number) => unknown;

function withDone(define: typeof test) {
  const wrap = (original: unknown) => (name: string, body?: Body, timeoutMs?: number) =>
    (original as Define)(name, body && awaitingDone(body), timeoutMs);
  const { skip, todo, fails, concurrent, only } = define;
  return Object.assign(wrap(define), {
    each: define.each.bind(define),
    skip,
    todo,
    failing: fails,
    concurrent: wrap(concurrent),
    only: Object.assign(wrap(only), { each: only.each.bind(only) }),
  });
}

/** In vitest a hook may return its own clean-up, so what Jest's hooks return is dropped. */
function hook(define: (body: () => Promise<void>, timeoutMs?: number) => unknown) {
  return (body: Body, timeoutMs?: number) => define(async () => void (await awaitingDone(body)()), timeoutMs);
}

/** A function that takes an argument says itself when it is done. */
function awaitingDone(body: Body): () => unknown {
  if (body.length === 0) return () => body();
  return () =>
    new Promise<void>((resolve, reject) => {
      const done = (error?: unknown) => (error ? reject(error) : resolve());
      const result = body(Object.assign(done, { fail: reject }));
      if (result instanceof Promise) result.catch(reject);
    });
}
