/** @jsxImportSource #jsx */
import type { DeadLetter } from "../../delivery/dead-letters/letter.ts";
import type { ReplayState } from "../../delivery/dead-letters/replay-record.ts";
import { PostForm, Hidden } from "../look/form.tsx";
import type { Frame } from "../look/frame.ts";
import { Code, Notice, Panel, Stat, Stats, Time } from "../look/parts.tsx";
import { Table } from "../look/table.tsx";
import { destinationOf } from "./list.tsx";
import { inProject } from "../look/in-project.ts";

/** A letter may hold a megabyte; its page shows so much of it. */
const MAX_CHARACTERS_SHOWN = 100_000;
const RENEWED_EVERY_SECONDS = 2;

/** One letter: why it is one, what is in it, and what to do with it. */
export function LetterPanels(props: { frame: Frame; letter: DeadLetter; mayChange: boolean }) {
  const { frame, letter, mayChange } = props;
  const content = JSON.stringify("payload" in letter ? letter.payload : letter.events, null, 2) ?? "";
  return (
    <>
      <Notice tone="bad">{letter.error}</Notice>
      <Panel id="letter" title="What happened">
        <Table
          caption="What happened"
          columns={[
            { label: "Destination" },
            { label: "Attempts", numeric: true },
            { label: "First tried" },
            { label: "Last tried" },
            { label: "Project" },
          ]}
          rows={[
            [
              destinationOf(letter),
              letter.attempts,
              <Time at={letter.firstAt} />,
              <Time at={letter.lastAt} />,
              <code>{letter.project}</code>,
            ],
          ]}
        />
        <Stories base={frame.base} letter={letter} />
        {mayChange ? (
          <PostForm frame={frame} action="/dead-letters" class="choices" label="This dead letter">
            <Hidden name="id" value={letter.id} />
            <button name="do" value="replay" class="primary">
              Replay
            </button>
            <details>
              <summary>Delete…</summary>
              <button name="do" value="delete" class="danger">
                Delete for good
              </button>
            </details>
          </PostForm>
        ) : null}
      </Panel>
      <Panel id="inside" title="What is in it">
        {content.length > MAX_CHARACTERS_SHOWN ? (
          <Notice tone="warn">Only its beginning is shown; the API has the whole of it.</Notice>
        ) : null}
        <Code
          label={"payload" in letter ? "The job's payload" : `Events (${letter.events.length})`}
          text={content.slice(0, MAX_CHARACTERS_SHOWN)}
        />
      </Panel>
    </>
  );
}

const MAX_STORIES = 10;

/** Links to what became of its events elsewhere, where they are followed. */
function Stories({ base, letter: { project, sampled } }: { base: string; letter: DeadLetter }) {
  if (!sampled) return null;
  return (
    <p class="hint">
      What became of it elsewhere:{" "}
      {sampled.ids.slice(0, MAX_STORIES).map((id) => (
        <>
          <a href={inProject(`${base}/events/${id}`, project)}>{id}</a>{" "}
        </>
      ))}
    </p>
  );
}

/** How far a replay is. Renews itself while it runs; without scripts there is a link. */
export function ReplayPanel({ state }: { state: ReplayState }) {
  const isRunning = state.status === "running";
  return (
    <Panel
      id="replay"
      title={isRunning ? "Under way" : "Sent on"}
      aside={
        <>
          as of <Time at={state.updatedAt} />
          {isRunning ? <a href="">Reload</a> : null}
        </>
      }
      {...(isRunning ? { live: RENEWED_EVERY_SECONDS } : {})}
    >
      <Stats>
        <Stat label="Letters sent on" value={state.replayed} tone="good" />
        <Stat label="Stay" value={state.refused} tone={state.refused > 0 ? "warn" : "calm"} />
        <Stat label="Gone before" value={state.missing} />
      </Stats>
      <p class="hint">
        Each is tried as for the first time. What fails again comes back as a new dead letter. Letters stay
        whose app is disabled, no longer deployed, or has not that hook any more.
      </p>
    </Panel>
  );
}
