/** @jsxImportSource #jsx */
import { Badge, Time, type Tone } from "../../look/parts.tsx";
import type { AppHealth } from "../app-health.ts";

/** How an app stands, and why. */
export function AppState({ health: { app, state, why } }: { health: AppHealth }) {
  return (
    <>
      <Badge tone={toneOf(state, app.enabled)}>{state}</Badge>
      {why ? <small>{why}</small> : null}
      {"since" in app && app.since ? (
        <small>
          since <Time at={app.since} />
        </small>
      ) : null}
      {"nextAttemptAt" in app && app.nextAttemptAt ? (
        <small>
          again at <Time at={app.nextAttemptAt} />
        </small>
      ) : null}
    </>
  );
}

/** An app that was switched off on purpose is no alarm. */
function toneOf(state: AppHealth["state"], enabled: boolean): Tone {
  switch (state) {
    case "running":
      return "good";
    case "disabled":
      return enabled ? "bad" : "calm";
    default:
      return "warn";
  }
}
