/** @jsxImportSource #jsx */
import type { Frame } from "../../look/frame.ts";
import { PostForm, Hidden } from "../../look/form.tsx";
import { Panel } from "../../look/parts.tsx";
import type { DescribedApp } from "../../shown-apps.ts";
import { pathOf } from "./paths.ts";

/** What a person may start of an app. */
export interface Runnable {
  tasks: readonly string[];
  jobs: readonly string[];
}

/** Buttons for scheduled tasks, and forms for public jobs with a payload of JSON. Nothing for an app without. */
export function RunForms(props: { frame: Frame; app: DescribedApp; runnable: Runnable }) {
  const { frame, app, runnable } = props;
  if (runnable.tasks.length + runnable.jobs.length === 0) return null;
  const action = pathOf(app, "run");
  return (
    <Panel id="run" title="Run now">
      {runnable.tasks.length > 0 ? (
        <PostForm frame={frame} action={action} class="actions">
          {runnable.tasks.map((task) => (
            <button name="task" value={task}>
              {task}
            </button>
          ))}
        </PostForm>
      ) : null}
      {runnable.jobs.map((job) => (
        <PostForm frame={frame} action={action} class="field" label={`Job ${job}`}>
          <Hidden name="job" value={job} />
          <label for={`job-${job}`}>{`Payload of ${job}, as JSON`}</label>
          <textarea
            id={`job-${job}`}
            name="payload"
            rows={samplePayload(app, job).split("\n").length + 1}
            spellcheck={false}
          >
            {samplePayload(app, job)}
          </textarea>
          <p class="actions">
            <button>{`Run ${job}`}</button>
          </p>
        </PostForm>
      ))}
    </Panel>
  );
}

/** The manifest's fields with their defaults; nothing for a job that takes none. */
function samplePayload({ publicJobs }: DescribedApp, job: string): string {
  const fields = Object.entries(publicJobs[job]?.payload ?? {});
  if (fields.length === 0) return "";
  return JSON.stringify(
    Object.fromEntries(fields.map(([key, field]) => [key, field.default ?? null])),
    null,
    2,
  );
}
