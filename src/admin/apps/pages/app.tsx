/** @jsxImportSource #jsx */
import type { Place } from "../../../apps/place.ts";
import type { Frame } from "../../look/frame.ts";
import { PostForm } from "../../look/form.tsx";
import { Notice, Panel } from "../../look/parts.tsx";
import type { AppHealth } from "../app-health.ts";
import type { Trial } from "../try/index.ts";
import { AttachmentForms } from "./attachments.tsx";
import { AppLettersPanel } from "./letters.tsx";
import { ConfigFields, type Entered } from "./config-fields.tsx";
import { AppLogPanel, type ShownLog } from "./log.tsx";
import type { AppLetters } from "../../letters/waiting.ts";
import { pathOf } from "./paths.ts";
import type { RecentEvent } from "./recent-events.ts";
import { RunForms, type Runnable } from "./run-forms.tsx";
import { Summary } from "./summary.tsx";
import { TrialFields, TrialResult } from "./trial.tsx";

export interface AppPageProps {
  frame: Frame;
  place: Place;
  health: AppHealth;
  runnable: Runnable;
  log: ShownLog;
  entered: Entered;
  /** The sample event, as JSON. */
  sample: string;
  /** Events to take for it. */
  recent: readonly RecentEvent[];
  /** Null while Redis does not answer. */
  letters: AppLetters | null;
  trial: Trial | null;
  /** Said on top. */
  notice: { tone: "good" | "bad"; text: string } | null;
}

/** One app in one project: how it does, its configuration, a trial, what can be run, its files, its dead letters, its log. */
export function AppPage(props: AppPageProps) {
  const { frame, place, health, entered, notice } = props;
  const { app } = health;
  const mayChange = frame.visitor?.access === "full";
  return (
    <>
      {notice ? <Notice tone={notice.tone}>{notice.text}</Notice> : null}
      {app.description ? <p class="quiet">{app.description}</p> : null}
      <Summary frame={frame} health={health} mayChange={mayChange} />
      <PostForm frame={frame} action={pathOf(app, "config")} label="Configuration">
        <Panel id="configuration" title="Configuration">
          {!mayChange && app.config.length > 0 ? <p class="quiet">Your token may only look.</p> : null}
          <fieldset disabled={!mayChange}>
            <ConfigFields place={place} app={app} entered={entered} />
          </fieldset>
          {app.config.length === 0 ? <p class="quiet">This app has nothing to configure.</p> : null}
          {mayChange && app.config.length > 0 ? (
            <p class="actions">
              <button class="primary">Save</button>
              <span class="hint">In force here at once, and everywhere within 30 seconds.</span>
            </p>
          ) : null}
        </Panel>
        {mayChange ? (
          <Panel id="try" title="Try it">
            <TrialFields
              sample={props.sample}
              fault={entered.faults.find(({ field }) => field.startsWith("event"))?.why}
              action={frame.base + pathOf(app, "try")}
              recent={props.recent}
            />
          </Panel>
        ) : null}
      </PostForm>
      {props.trial ? <TrialResult trial={props.trial} /> : null}
      <AttachmentForms frame={frame} place={place} app={app} mayChange={mayChange} />
      {mayChange ? <RunForms frame={frame} app={app} runnable={props.runnable} /> : null}
      <AppLettersPanel frame={frame} app={app} letters={props.letters} />
      <AppLogPanel app={app} log={props.log} />
    </>
  );
}
