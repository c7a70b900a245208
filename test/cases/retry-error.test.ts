import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";
import { recordTimes } from "./times.ts";

describe("a RetryError", () => {
  test.each<[string, string]>([
    ["the global", "throw new RetryError('x')"],
    ["the global of globalThis", "throw new globalThis.RetryError('x')"],
    ["an import", "throw new Imported('x')"],
    ["a require", "throw new (require('@posthog/plugin-scaffold').RetryError)('x')"],
    ["a subclass", "class M extends RetryError {} throw new M('x')"],
    [
      "a subclass of a subclass, with a name of its own",
      "class M extends Imported {} class N extends M { name = 'Busy' } throw new N('x')",
    ],
    ["one that was caught and thrown on", "try { throw new RetryError('x') } catch (e) { throw e }"],
    [
      "one thrown deep in a chain of promises",
      "await Promise.all([Promise.resolve(), (async () => { throw new RetryError('x') })()])",
    ],
  ])("is recognised in %s [365]", async (_form, body) => {
    const edge = await deploy({
      app: `import { RetryError as Imported } from '@posthog/plugin-scaffold'\nexport async function onEvent() { await fetch(HOOK); ${body} }`,
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(5000);
    expect(times).toEqual([0, 5]);
  });

  test("is not recognised in a class of the app's own [366]", async () => {
    const edge = await deploy({
      app: "class RetryError extends Error { constructor(m) { super(m); this.name = 'RetryError' } }\nexport async function onEvent() { await fetch(HOOK); throw new RetryError('x') }",
    });
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(60_000);
    expect(times).toEqual([0]);
  });

  test("has PostHog's members, and names its attempt when it has one [212]", async () => {
    const edge = await deploy({
      app: `export function onEvent() {
        const error = new RetryError('x')
        console.log(String(error), error.name, error.nameWithAttempts, error.message, error instanceof Error)
        Object.assign(error, { _attempt: 2, _maxAttempts: 5 })
        console.log(String(error))
      }`,
    });
    await edge.send("e");
    expect(edge.messages()).toEqual([
      "RetryError: x RetryError RetryError x true",
      "RetryError (attempt 2/5): x",
    ]);
  });
});
