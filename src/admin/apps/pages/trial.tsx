/** @jsxImportSource #jsx */
import { TextArea } from "../../look/form.tsx";
import { Diff } from "../../look/diff.tsx";
import { Badge, Code, EmptyState, Notice, Panel } from "../../look/parts.tsx";
import { Table } from "../../look/table.tsx";
import type { Trial } from "../try/index.ts";
import type { RecordedRequest } from "../try/recorded-fetch.ts";
import type { RecentEvent } from "./recent-events.ts";

/** The part of the configuration's form that tries its values, saved or not. */
export function TrialFields(props: {
  sample: string;
  fault: string | undefined;
  action: string;
  recent: readonly RecentEvent[];
}) {
  const { sample, fault, action, recent } = props;
  return (
    <>
      <p class="quiet">
        Runs the app over this event with the values above, saved or not. Nothing is delivered or kept: its
        cache begins empty, and its requests are answered with an empty 200.
      </p>
      {recent.length > 0 ? (
        <div class="actions">
          <select name="recent" aria-label="Recent event">
            {recent.map(({ id, at, label }) => (
              <option value={id} data-clock={at}>{`${at.slice(11, 16)} UTC ${label}`}</option>
            ))}
          </select>
          <button formaction={`${action}#try`} name="take" value="1">
            Take this event
          </button>
        </div>
      ) : null}
      <TextArea name="event" label="Event" value={sample} rows={9} {...(fault ? { fault } : {})} />
      <label class="check">
        <input type="checkbox" name="send" value="1" /> Really send its requests, and connect to databases
      </label>
      <p class="actions">
        <button formaction={`${action}#result`}>Try it</button>
        <span class="hint">A secret that you try must be entered again to be saved.</span>
      </p>
    </>
  );
}

/** What came of a trial. */
export function TrialResult({ trial }: { trial: Trial }) {
  const { hooks, requests, captured, jobs, logs } = trial;
  return (
    <Panel id="result" title="Result">
      <Verdict trial={trial} />
      {trial.result === null ? null : (
        <Diff label="The event, and what the app makes of it" before={trial.entered} after={trial.result} />
      )}
      <h3>Hooks</h3>
      {hooks.length === 0 ? <p class="quiet">The app has none that an event meets.</p> : null}
      <ul class="steps">
        {hooks.map(({ hook, error }) => (
          <li>
            <code>{hook}</code> <Badge tone={error ? "bad" : "good"}>{error ? "failed" : "ran"}</Badge>{" "}
            {error ?? ""}
          </li>
        ))}
      </ul>
      <h3>Requests</h3>
      <Requests requests={requests} />
      {captured.length > 0 ? <Code label="Events it captured" text={jsonOf(captured)} /> : null}
      {jobs.length > 0 ? <Code label="Jobs it scheduled" text={jsonOf(jobs)} /> : null}
      <h3>Log</h3>
      {logs.length === 0 ? (
        <p class="quiet">It logged nothing.</p>
      ) : (
        <Code
          label="Log of the trial"
          text={logs.map(({ level, hook, message }) => `${level} ${hook ?? ""}: ${message}`).join("\n")}
        />
      )}
    </Panel>
  );
}

function Verdict({ trial: { dropped, result, hooks } }: { trial: Trial }) {
  if (dropped)
    return <Notice tone="warn">The app dropped the event: no later app sees it, nor PostHog.</Notice>;
  if (result === null) {
    const failed = hooks.find(({ error }) => error);
    return (
      <Notice tone="bad">{`The app did not come to the event: ${failed?.error ?? "it has no instance"}`}</Notice>
    );
  }
  return null;
}

function Requests({ requests }: { requests: readonly RecordedRequest[] }) {
  if (requests.length === 0)
    return <EmptyState title="It made no request">Nothing left the gateway.</EmptyState>;
  return (
    <Table
      caption="Requests"
      columns={[
        { label: "Request", prose: true },
        { label: "Hook" },
        { label: "Sent" },
        { label: "Body", prose: true },
      ]}
      rows={requests.map(({ method, url, hook, sent, status, headers, body }) => [
        <>
          {`${method} ${url}`}
          <small>
            {Object.entries(headers)
              .map(([name, value]) => `${name}: ${value}`)
              .join(" · ")}
          </small>
        </>,
        <code>{hook ?? ""}</code>,
        sent ? `yes, ${status ?? "no answer"}` : "no",
        body === null ? "" : <pre class="body">{body}</pre>,
      ])}
    />
  );
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
