import crypto from "node:crypto";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import timers from "node:timers";
import tls from "node:tls";
import { promisify } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { ProbeReply } from "./start-up.ts";

/** Runs in a worker thread: forbids what Workers forbid at start-up, then loads the bundle whose URL it was given. */
async function loadBundle(url: string): Promise<void> {
  // What the module starts and does not await counts as well: its rejection shows one turn later.
  process.on("unhandledRejection", fail);
  const nextTurn = promisify(setImmediate);
  forbidAll();
  try {
    await import(url);
    await nextTurn();
    reply(undefined);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  reply({ message, stack });
}

function reply(message: ProbeReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message);
}

function forbidAll(): void {
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    replace(globalThis, name, forbid(name));
    replace(timers, name, forbid(name));
  }
  replace(globalThis, "fetch", forbid("fetch"));
  replace(globalThis, "WebSocket", forbid("WebSocket"));
  replace(Math, "random", forbid("Math.random"));
  replace(performance, "now", forbid("performance.now"));
  for (const name of ["getRandomValues", "randomUUID"] as const) {
    replace(globalThis.crypto, name, forbid(`crypto.${name}`));
  }
  for (const name of ["randomBytes", "randomFillSync", "randomInt", "randomUUID"] as const) {
    replace(crypto, name, forbid(`crypto.${name}`));
  }
  for (const module of [http, https]) {
    replace(module, "request", forbid("http.request"));
    replace(module, "get", forbid("http.get"));
  }
  for (const module of [net, tls]) replace(module, "connect", forbid("connect"));
  replace(net, "createConnection", forbid("connect"));
  replace(globalThis, "Date", dateWithoutClock());
  syncBuiltinESMExports();
}

function forbid(name: string): () => never {
  return () => {
    throw new Error(`Uses ${name} at start-up, before any request; Workers do not start such code`);
  };
}

/** `Date` that reads and formats given times but does not know the present one. */
function dateWithoutClock(): DateConstructor {
  return new Proxy(Date, {
    construct: (target, values, newTarget) =>
      values.length > 0 ? Reflect.construct(target, values, newTarget) : forbid("the clock")(),
    apply: forbid("the clock"),
    get: (target, name) => (name === "now" ? forbid("the clock") : Reflect.get(target, name)),
  });
}

function replace(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

await loadBundle(workerData as string);
