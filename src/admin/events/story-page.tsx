/** @jsxImportSource #jsx */
import type { ToldStory } from "../../stories/read.ts";
import type { StoryStep } from "../../stories/story.ts";
import { pathOf } from "../apps/pages/paths.ts";
import { Diff } from "../look/diff.tsx";
import { lettersPath } from "../letters/waiting.ts";
import type { Frame } from "../look/frame.ts";
import { Badge, Code, EmptyState, Notice, Panel, Time, type Tone } from "../look/parts.tsx";
import { Table } from "../look/table.tsx";
import { AttemptBadge, destinationOf, Verdict } from "./verdict.tsx";

const RENEWED_EVERY_SECONDS = 10;

/** An event from its arrival to its last delivery so far. */
export function StoryPanels({ frame, story }: { frame: Frame; story: ToldStory }) {
  return (
    <>
      <Panel id="verdict" title="What became of it" live={RENEWED_EVERY_SECONDS}>
        <Table
          caption="What became of the event"
          columns={[{ label: "Outcome" }, { label: "Person" }, { label: "Arrived" }, { label: "Project" }]}
          rows={[
            [
              <Verdict story={story} />,
              <code>{story.distinct_id}</code>,
              <Time at={story.at} />,
              <code>{story.project}</code>,
            ],
          ]}
        />
      </Panel>
      <Panel id="chain" title="Through the apps" aside="in their order">
        <Chain frame={frame} story={story} />
      </Panel>
      <Panel id="deliveries" title="Deliveries" live={RENEWED_EVERY_SECONDS}>
        <Deliveries base={frame.base} story={story} />
      </Panel>
    </>
  );
}

const STEPS: Readonly<Record<StoryStep["outcome"], { word: string; tone: Tone }>> = {
  unchanged: { word: "left it as it was", tone: "calm" },
  changed: { word: "changed it", tone: "good" },
  dropped: { word: "dropped it", tone: "warn" },
  failed: { word: "failed", tone: "bad" },
};

function Chain({ frame, story }: { frame: Frame; story: ToldStory }) {
  let before = story.received;
  const steps = story.steps.map((step) => {
    const entered = before;
    before = step.after ?? before;
    return { ...step, before: entered };
  });
  return (
    <>
      {story.cut ? (
        <Notice tone="warn">This event is too large for what was in it to be kept.</Notice>
      ) : (
        <Code label="As received" text={JSON.stringify(story.received, null, 2)} />
      )}
      {steps.length === 0 ? <p class="hint">No app looked at it.</p> : null}
      <ol class="steps">
        {steps.map((step) => (
          <li>
            <h3>
              {step.app}
              <Badge tone={STEPS[step.outcome].tone}>{STEPS[step.outcome].word}</Badge>
              {story.cut || frame.visitor?.access !== "full" ? null : (
                <a href={`${frame.base}${pathOf({ ...step, project: story.project })}&event=${story.id}#try`}>
                  Try the app on it
                </a>
              )}
            </h3>
            {step.error === undefined ? null : <Notice tone="bad">{step.error}</Notice>}
            {step.after === undefined ? null : (
              <Diff label={`What ${step.app} changed`} before={step.before} after={step.after} />
            )}
          </li>
        ))}
      </ol>
      {story.sent === undefined || story.cut ? null : (
        <Diff
          label="As it left: time made absolute, and which apps it has passed"
          before={before}
          after={story.sent}
        />
      )}
    </>
  );
}

function Deliveries({ base, story }: { base: string; story: ToldStory }) {
  if (story.deliveries.length === 0) {
    return story.sent === undefined ? (
      <EmptyState title="None">An app dropped the event, so that no destination gets it.</EmptyState>
    ) : (
      <EmptyState title="On its way">
        Deliveries appear here as they are made, as a rule within seconds. Load the page again.
      </EmptyState>
    );
  }
  return (
    <Table
      caption="Deliveries of the event"
      columns={[
        { label: "Destination" },
        { label: "Attempt", numeric: true },
        { label: "Outcome" },
        { label: "When" },
        { label: "Why", prose: true },
      ]}
      rows={story.deliveries.map((attempt) => [
        destinationOf(attempt),
        <>
          {attempt.attempt}
          {attempt.replays === undefined ? null : <small>{`replay ${attempt.replays}`}</small>}
        </>,
        <AttemptBadge outcome={attempt.outcome} />,
        <Time at={attempt.at} />,
        attempt.outcome === "dead" ? (
          <>
            {attempt.error}{" "}
            <a href={base + lettersPath({ project: story.project, ...attempt })}>Look and replay</a>
          </>
        ) : (
          (attempt.error ?? "")
        ),
      ])}
    />
  );
}
