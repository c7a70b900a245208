/** @jsxImportSource #jsx */
import type { ToldStory } from "../../stories/read.ts";
import type { Attempt } from "../../stories/story.ts";
import { Badge, type Tone } from "../look/parts.tsx";

const OUTCOMES: Readonly<Record<Attempt["outcome"], { word: string; tone: Tone }>> = {
  delivered: { word: "delivered", tone: "good" },
  buffered: { word: "in the export buffer", tone: "good" },
  ignored: { word: "not for it", tone: "calm" },
  duplicate: { word: "duplicate", tone: "calm" },
  "put off": { word: "put off", tone: "warn" },
  retried: { word: "to be tried again", tone: "warn" },
  dead: { word: "dead letter", tone: "bad" },
};

/** What an attempt came to, in a word. */
export function AttemptBadge({ outcome }: Pick<Attempt, "outcome">) {
  const { word, tone } = OUTCOMES[outcome];
  return <Badge tone={tone}>{word}</Badge>;
}

/** Where an attempt went. */
export function destinationOf({ plugin, hook }: Pick<Attempt, "plugin" | "hook">): string {
  if (plugin !== undefined) return `${plugin} · ${hook}`;
  return hook === "posthog" ? "PostHog" : "the gateway";
}

/** Each destination's latest attempt. */
function latestAttempts(deliveries: readonly Attempt[]): Attempt[] {
  return [...new Map(deliveries.map((attempt) => [destinationOf(attempt), attempt])).values()];
}

/** What became of an event, at a glance: who dropped it, or where it stands with its worst destination. */
export function Verdict({ story }: { story: ToldStory }) {
  const dropped = story.steps.find(({ outcome }) => outcome === "dropped");
  if (dropped) return <Badge tone="warn">{`dropped by ${dropped.app}`}</Badge>;
  const latest = latestAttempts(story.deliveries);
  const worst = (["dead", "retried", "put off", "duplicate"] as const)
    .map((outcome) => latest.find((attempt) => attempt.outcome === outcome))
    .find((attempt) => attempt !== undefined);
  if (worst) {
    const { word, tone } = OUTCOMES[worst.outcome];
    const isPlace = worst.outcome !== "duplicate";
    return <Badge tone={tone}>{isPlace ? `${word}: ${destinationOf(worst)}` : word}</Badge>;
  }
  if (latest.length === 0) return <Badge tone="calm">on its way</Badge>;
  const taken = latest.filter(({ outcome }) => outcome !== "ignored").length;
  if (taken === 0) return <Badge tone="calm">wanted by no destination</Badge>;
  return <Badge tone="good">{taken === 1 ? "delivered" : `delivered to ${taken}`}</Badge>;
}
