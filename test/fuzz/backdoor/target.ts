import assert from "node:assert/strict";
import { startTestGateway, type TestGateway } from "../../gateway.ts";
import { describeRequest, toRequest } from "../request.ts";
import type { Check } from "../target.ts";
import { PUBLIC_URL } from "./token.ts";

/** The gateway, and what must hold for every request to it that QStash has not made. */
export interface BackDoor {
  /** The paths that QStash calls, as the router knows them: a new one is among them by itself. */
  routes: string[];
  check: Check;
  stop(): Promise<void>;
}

export async function startBackDoor(): Promise<BackDoor> {
  const edge = await startTestGateway({ apps: [], settings: { PUBLIC_URL } });
  edge.faults.decide(() => "pass");
  let refusal: string | undefined;

  return {
    routes: internalRoutes(edge),
    stop: edge.stop,
    async check(forged) {
      const answer = await edge.fetch(toRequest(forged));
      const told = JSON.stringify([answer.status, [...answer.headers], await answer.text()]);
      if (forged.method === "POST") {
        assert.equal(answer.status, 401, `answered ${told}`);
        // Nobody learns by the answer what was wrong, nor which route it was.
        refusal ??= told;
        assert.equal(told, refusal);
      } else assert.ok(answer.status === 404 || answer.status === 204, `answered ${told}`);
      assert.deepEqual(edge.faults.calls(), [], `${describeRequest(forged)} had a call made`);
      assert.deepEqual(edge.log, [], `${describeRequest(forged)} filled the log`);
    },
  };
}

/** What the router takes by POST below the gateway's own path. */
export function internalRoutes({ routes }: Pick<TestGateway, "routes">): string[] {
  const paths = routes.filter(({ method, path }) => method === "POST" && path.startsWith("/_gateway/"));
  return [...new Set(paths.map(({ path }) => path))];
}

/** The same of a gateway that nobody has at hand. */
export async function listInternalRoutes(): Promise<string[]> {
  const edge = await startTestGateway({ apps: [] });
  await edge.stop();
  return internalRoutes(edge);
}
