import { expect, test } from "vitest";
import type { Kind, SentEvent } from "./events.ts";
import { createLedger } from "./ledger.ts";

let made = 0;
function event(kind: Kind): SentEvent {
  made += 1;
  const uuid = `0199aaaa-0000-7000-8000-${String(made).padStart(12, "0")}`;
  return { uuid, event: kind, distinct_id: "anna", timestamp: "2030-01-31T12:00:00.000Z", properties: {} };
}

test("an acknowledged event that neither arrived nor became a dead letter is lost", () => {
  const ledger = createLedger();
  const [there, buried, gone, refused] = [event("viewed"), event("viewed"), event("viewed"), event("viewed")];
  ledger.sent([there, buried, gone, refused]);
  ledger.acknowledged([there, buried, gone]);
  ledger.arrived("PostHog", [there.uuid]);
  ledger.buried("PostHog", [buried.uuid]);
  const [posthog] = ledger.balance();
  expect(posthog).toMatchObject({ due: 3, arrived: 1, deadLetters: 1, lost: [gone.uuid] });
});

test("a dropped event is owed to nobody, and is noticed where it arrives all the same", () => {
  const ledger = createLedger();
  const noise = event("noise");
  ledger.sent([noise]);
  ledger.acknowledged([noise]);
  expect(ledger.balance().map(({ due }) => due)).toEqual([0, 0, 0, 0]);
  expect(ledger.leaked()).toEqual([]);
  ledger.arrived("exportEvents", [noise.uuid]);
  expect(ledger.leaked()).toEqual([noise.uuid]);
});

test("arrivals beyond the first count under what may have caused them, at that destination", () => {
  const ledger = createLedger();
  const viewed = event("viewed");
  ledger.sent([viewed]);
  ledger.acknowledged([viewed]);
  ledger.suspect(`{"uuid":"${viewed.uuid}"}`, "the destination's answer was lost", "PostHog");
  for (const destination of ["PostHog", "exportEvents"] as const) {
    ledger.arrived(destination, [viewed.uuid, viewed.uuid, viewed.uuid]);
  }
  const [posthog, exported] = ledger.balance();
  expect([...(posthog?.repeats ?? [])]).toEqual([["the destination's answer was lost", 2]]);
  expect([...(exported?.repeats ?? [])]).toEqual([[null, 2]]);
});
