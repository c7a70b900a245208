import d, { createHash, randomBytes } from "crypto";
import * as n from "crypto";
import { gunzipSync, gzipSync } from "zlib";
import { parse } from "url";
import { PassThrough } from "stream";
import nodeFetch, { Headers } from "node-fetch";
import { MetricsOperation, RetryError as Imported, type PluginMeta } from "@posthog/plugin-scaffold";

enum Plan { Free, Paid = "paid" }
namespace Maths { export const double = (x: number) => x * 2; }
class Sealed { #x = 1; static made = 0; static { Sealed.made = 1; } get x() { return this.#x; } }
async function* count() { yield 1; yield 2; }

implicit = 5;
globalThis.shared = 6;

/** What an app finds of its world, the same on every runtime. */
async function look(meta: PluginMeta): Promise<Record<string, unknown>> {
  const { createHmac } = require("crypto");
  const dynamic = await import("crypto");
  const counted: number[] = [];
  for await (const value of count()) counted.push(value);
  return {
    imports: [d.createHash === createHash, n.createHash === createHash, dynamic.createHash === createHash, typeof createHmac],
    sha256: createHash("sha256").update("a").digest("hex").slice(0, 8),
    hmac: createHmac("sha1", "key").update("a").digest("base64"),
    random: randomBytes(8).length,
    zlib: gunzipSync(gzipSync(Buffer.from("packed"))).toString(),
    url: [parse("http://a/b?c=1").pathname, new URL("http://a/b?c=1").searchParams.get("c")],
    stream: typeof new PassThrough().pipe,
    nodeFetch: [typeof nodeFetch, new Headers({ a: "b" }).get("A")],
    scaffold: [MetricsOperation.Sum, Imported === RetryError],
    buffer: [Buffer.from("ü").toString("base64"), Buffer.isBuffer(Buffer.alloc(1)), Buffer.from("61", "hex").toString("latin1")],
    syntax: [Plan[0], Plan.Paid, Maths.double(2), new Sealed().x, Sealed.made, counted, counted?.[9]?.toFixed() ?? "none"],
    sloppy: [implicit, globalThis.implicit, shared, global.shared],
    present: [fetch, posthog, console, RetryError, URL, Buffer, global, globalThis, module, exports, Intl, WeakRef].map((value) => typeof value),
    absent: [typeof setTimeout, typeof setInterval, typeof setImmediate, typeof queueMicrotask, typeof process, typeof require, typeof global.setTimeout, typeof globalThis.process],
    intl: new Intl.DateTimeFormat("en-US", { timeZone: "UTC", month: "long" }).format(0),
    number: new Intl.NumberFormat("de-DE").format(1234.5),
    meta: Object.keys(meta).sort(),
    error: errorOf(() => undefinedName.x),
    depth: errorOf(function recurse(): number { return recurse() + 1; }),
    rejected: await fetch("http://127.0.0.1:1/").then(() => "answered", (error) => error.name),
    aborted: await fetch(meta.config.hook + "/hang", { timeout: 50 }).then(() => "answered", (error) => `${error.name} ${error.type}`),
    method: await (await fetch(meta.config.hook, { method: "patch", body: "x" })).json(),
    answers: [await fetch(meta.config.hook), await nodeFetch(meta.config.hook), new Response("")].map((answer) => answer instanceof Response),
    bytes: (await (await fetch(meta.config.hook)).buffer()).toString(),
    fortnight: await meta.jobs.nothing({}).runIn(1, "fortnight").catch((error: Error) => error.message),
    lpush: await meta.cache.lpush("l", 5 as never).catch((error: Error) => error.message),
  };
}

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return [(error as Error).name, typeof (error as Error).stack];
  }
}

// Never by the clock while the tests run, which answer what it fetches.
export async function runEveryDay(meta: PluginMeta) {
  await posthog.capture("world", { distinct_id: "world", ...(await look(meta)) });
}
