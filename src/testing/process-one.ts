import type { PluginEvent } from "../event.ts";
import { copyJson } from "../json.ts";
import { runChain } from "../pipeline/chain.ts";
import { createDeadline } from "../pipeline/deadline.ts";
import { takeMarkers } from "../pipeline/markers.ts";
import { teamIdOf } from "../team.ts";
import type { EmbeddedGateway } from "./embedded-gateway.ts";

/** The chain's budget in a gateway with default settings (decisions 18c). */
const CHAIN_BUDGET_MS = 6000;

/** Whose an event is when the test does not say. */
export const SOMEBODY = "somebody";

/** An event for a test: what it leaves out is filled in. */
export type TestEvent = Partial<PluginEvent> & { event: string };

/**
 * Puts one event through one app's place in the chain. Resolves to the event as it goes on, without the chain's markers,
 * or to null when the app dropped it. What the app throws is logged, as ever.
 */
export function processOne(
  edge: EmbeddedGateway,
  plugin: string,
  event: TestEvent,
): Promise<PluginEvent | null> {
  return edge.work(async (scope, { instances, uuid }) => {
    const instance = await instances.find(edge.token, plugin, scope);
    if (!instance?.hooks.processEvent) throw new Error(`${plugin} has no processEvent`);
    const teamId = teamIdOf(edge.token);
    const entered: PluginEvent = {
      uuid: uuid(),
      distinct_id: SOMEBODY,
      now: new Date(edge.clock.now()).toISOString(),
      ip: "127.0.0.1",
      site_url: edge.url,
      team_id: teamId,
      ...(copyJson(event) as TestEvent),
    };
    const deadline = createDeadline(CHAIN_BUDGET_MS);
    const chain = { instances: [instance], scope, teamId, deadline, trustMarkers: false };
    const [outcome] = await runChain([entered], chain).finally(deadline.clear);
    await instance.global.save(scope.commands);
    if (!outcome || "droppedBy" in outcome) return null;
    takeMarkers(outcome.event, false);
    return outcome.event;
  });
}
