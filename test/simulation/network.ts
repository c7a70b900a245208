import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "./random.ts";
import { callOffLimit, type VirtualTime } from "./time.ts";

/** Who can be called. */
export type Host = "redis" | "qstash" | "posthog" | "warehouse" | "edge";

/**
 * What becomes of a call. `refuse` is an answer of 503, `deny` the same after the call had its effect; `reset` and `lose answer` break the connection before and after the call
 * had its effect; after `hang` and `go silent`, which differ likewise, nothing is heard any more. A `slow` call arrives
 * after the patience of most callers, a `late` one minutes after, `twice` is a second arrival. `crash before` and `crash
 * after` end the caller.
 */
export type Fate =
  | "pass"
  | "refuse"
  | "deny"
  | "reset"
  | "hang"
  | "lose answer"
  | "go silent"
  | "slow"
  | "late"
  | "twice"
  | "crash before"
  | "crash after";

/** A process of the gateway. */
export interface Isolate {
  readonly name: string;
  alive: boolean;
  /** By how much its clock differs from all others. */
  skewMs: number;
  serve(request: Request): Promise<Response>;
  /** What breaks when it dies. */
  readonly connections: Set<() => void>;
}

/** A request that an isolate is at work on. */
export interface Work {
  readonly isolate: Isolate;
  readonly what: string;
  /** Undefined where it is about several. */
  readonly project: string | undefined;
  /** Names of the events that it is about. */
  readonly events: ReadonlySet<string>;
}

export interface Call {
  nth: number;
  to: Host;
  path: string;
  body: string;
  /** The work that makes it; null for clients and QStash. */
  work: Work | null;
  events: ReadonlySet<string>;
}

export interface Network {
  fetch: typeof fetch;
  /** Ends an isolate at once: nothing that it still does gets out, and nobody gets an answer from it. */
  kill(isolate: Isolate): void;
  /** What an isolate is at. */
  works(isolate: Isolate): Iterable<Work>;
  /** Calls under way. */
  readonly busy: number;
  /** Runs what an isolate does of its own accord. */
  run<Result>(isolate: Isolate, what: string, act: () => Result): Result;
  /** For timers: whether the process that set one still lives when it fires. */
  mayFire: () => () => boolean;
}

/** A connection on which nothing is heard is given up by the platform. */
const SILENCE_MS = 60_000;

const working = new AsyncLocalStorage<Work | null>();

/** The names that events carry through the simulation, in whatever form. */
export function namesIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/"n":"([^"]+)"/g)].map(([, name = ""]) => name));
}

/** Brings calls to whom they are for, with delays and faults, in virtual time. */
export function createNetwork(options: {
  time: VirtualTime;
  random: Random;
  hosts: Record<Exclude<Host, "edge">, (request: Request) => Response | Promise<Response>>;
  /** An isolate that takes a request; undefined when none lives. */
  isolate: () => Isolate | undefined;
  fateOf: (call: Call) => Fate;
  onCall: (call: Call, fate: Fate) => void;
  onKill: (isolate: Isolate) => void;
}): Network {
  const { time, random, hosts } = options;
  let calls = 0;
  let busy = 0;
  const works = new Map<Isolate, Set<Work>>();

  const away = () => Response.json({ error: "away" }, { status: 503 });
  const reset = () => new TypeError("fetch failed", { cause: new Error("connection reset") });

  /** Has the host answer a request that arrives now. */
  function arrive(to: Host, request: Request, answer: (response: Response) => void, fail: () => void): void {
    const serve = async () => {
      try {
        if (to === "edge") {
          await arriveAtEdge(request, answer, fail);
          return;
        }
        const response = await hosts[to](request);
        answer(response);
      } catch {
        fail();
      }
    };
    void working.run(null, serve);
  }

  async function arriveAtEdge(
    request: Request,
    answer: (response: Response) => void,
    fail: () => void,
  ): Promise<void> {
    const isolate = options.isolate();
    if (!isolate) return fail();
    const body = await request.text();
    const { pathname } = new URL(request.url);
    const id = /^\{"id":"([^"]+)"/.exec(body)?.[1] ?? "";
    const work = {
      isolate,
      what: `${pathname} ${id.slice(-12)}`.trim(),
      project: /"project":"([^"]+)"/.exec(body)?.[1],
      events: namesIn(body),
    };
    isolate.connections.add(fail);
    const atWork = works.get(isolate) ?? new Set();
    works.set(isolate, atWork.add(work));
    const headers = new Headers(request.headers);
    // As HTTP has it; without, the gateway reads a body before it believes in its size.
    headers.set("Content-Length", String(Buffer.byteLength(body)));
    const response = await working.run(work, () =>
      isolate.serve(new Request(request.url, { method: request.method, headers, body })),
    );
    isolate.connections.delete(fail);
    works.get(isolate)?.delete(work);
    if (isolate.alive) answer(response);
  }

  function kill(isolate: Isolate): void {
    if (!isolate.alive) return;
    isolate.alive = false;
    options.onKill(isolate);
    for (const broken of isolate.connections) time.after(random.between(1, 50), broken);
    isolate.connections.clear();
  }

  async function send(request: Request, signal: AbortSignal): Promise<Response> {
    const work = working.getStore() ?? null;
    if (work && !work.isolate.alive) return forever();
    const { hostname, pathname } = new URL(request.url);
    const to = hostname.split(".")[0] as Host;
    const body = request.method === "GET" ? "" : await request.text();
    const call = { nth: (calls += 1), to, path: pathname, body, work, events: namesIn(body) };
    const fate = options.fateOf(call);
    options.onCall(call, fate);
    if (fate === "crash before" && work) kill(work.isolate);
    if (work && !work.isolate.alive) return forever();

    busy += 1;
    const copy = () =>
      new Request(request.url, {
        method: request.method,
        headers: request.headers,
        ...(body === "" ? {} : { body }),
      });
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    let over = false;
    /** Ends the call for its caller, unless that one is dead or has given up. */
    const end = (act: () => void) => {
      if (over) return;
      over = true;
      busy -= 1;
      signal.removeEventListener("abort", abort);
      if (!work || work.isolate.alive) act();
    };
    const fail = () => end(() => reject(reset()));
    const abort = () => end(() => reject(signal.reason));
    // The signal that was given, and not the request's: that one hears of it only until it is collected as garbage.
    signal.addEventListener("abort", abort);
    const receive = (response: Response) =>
      end(() => {
        callOffLimit(signal);
        resolve(response);
      });
    const answer = (response: Response): void => {
      if (fate === "crash after" && work) kill(work.isolate);
      if (fate === "deny") time.after(random.between(1, 10), () => receive(away()));
      else if (fate === "lose answer") time.after(random.between(1, 20), fail);
      else if (fate !== "go silent") time.after(random.between(1, 10), () => receive(response));
    };
    const ignore = () => {};
    const arrivesAfter = (ms: number, heard: (response: Response) => void = answer) =>
      time.after(ms, () => arrive(to, copy(), heard, heard === ignore ? ignore : fail));

    if (fate === "hang" || fate === "go silent") time.after(SILENCE_MS, fail);
    if (fate === "refuse") {
      time.after(random.between(1, 20), () => receive(away()));
    } else if (fate === "reset") time.after(random.between(1, 20), fail);
    else if (fate === "slow") arrivesAfter(random.between(1500, 7000));
    else if (fate === "late") arrivesAfter(random.between(10_000, 400_000));
    else if (fate !== "hang") arrivesAfter(random.between(1, 10));
    if (fate === "twice") arrivesAfter(random.pick([1, 5, 50, 500, 5000, 45_000, 200_000]), ignore);
    return promise;
  }

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      return send(request, init?.signal ?? request.signal);
    },
    kill,
    works: (isolate) => works.get(isolate) ?? [],
    get busy() {
      return busy;
    },
    run: (isolate, what, act) => working.run({ isolate, what, project: undefined, events: new Set() }, act),
    mayFire() {
      const work = working.getStore();
      return () => !work || work.isolate.alive;
    },
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
