import type { Serve } from "../src/testing/listen.ts";

/** A call that the gateway makes, counted from 0. */
export interface Call {
  nth: number;
  to: "redis" | "qstash" | "destination";
  path: string;
}

/**
 * What becomes of a call: it passes, it is refused, its answer gets lost after it had its effect, or the gateway's process
 * ends right before or right after it.
 */
export type Fate = "pass" | "refuse" | "lose answer" | "crash before" | "crash after";

/** Stands between the gateway and everything that it calls, and between QStash and the gateway. */
export interface Faults {
  /** Decides the fate of each call from now on; the count begins again. */
  decide(fate: (call: Call) => Fate): void;
  /** Calls since `decide`, as they came. */
  calls(): readonly Call[];
  /** Whether the process has ended. Nothing that it still does gets out, and nobody gets an answer from it. */
  readonly crashed: boolean;
  /** A new process takes its place. */
  revive(): void;
  outgoing(to: Call["to"], serve: Serve): Serve;
  incoming(serve: Serve): Serve;
}

const lost = () => new Response("no answer", { status: 503 });

export function createFaults(): Faults {
  let fateOf: (call: Call) => Fate = () => "pass";
  let calls: Call[] = [];
  let crashed = false;

  return {
    decide(fate) {
      fateOf = fate;
      calls = [];
    },
    calls: () => calls,
    get crashed() {
      return crashed;
    },
    revive() {
      crashed = false;
    },
    outgoing: (to, serve) => async (request) => {
      if (crashed) return lost();
      const call = { nth: calls.length, to, path: new URL(request.url).pathname };
      calls.push(call);
      const fate = fateOf(call);
      if (fate === "crash before") crashed = true;
      if (fate === "crash before" || fate === "refuse") return lost();
      const answer = await serve(request);
      if (fate === "pass") return answer;
      await answer.arrayBuffer();
      if (fate === "crash after") crashed = true;
      return lost();
    },
    incoming: (serve) => async (request) => {
      if (crashed) return lost();
      const answer = await serve(request);
      return crashed ? lost() : answer;
    },
  };
}
