/** @jsxImportSource #jsx */
import type { Frame } from "../../look/frame.ts";
import { PostForm } from "../../look/form.tsx";
import { Notice, Panel } from "../../look/parts.tsx";
import { inProject } from "../../look/in-project.ts";

/** The project's apps as a file, to keep and to bring to another gateway. */
export function FileForms(props: { frame: Frame; project: string; fault: string | null }) {
  const { frame, project, fault } = props;
  const query = inProject("", project);
  return (
    <Panel id="file" title="As apps.json">
      {fault ? <Notice tone="bad">{fault}</Notice> : null}
      <p class="actions">
        <a href={`${frame.base}/apps.json${query}`} download="apps.json">
          Download apps.json
        </a>
        <span class="hint">with what was changed here; secrets are not in it</span>
      </p>
      {frame.visitor?.access === "full" ? (
        <PostForm frame={frame} action={`/apps.json${query}`} class="field" label="Import" multipart>
          <label for="import">Import</label>
          <p class="actions">
            <input type="file" name="file" id="import" accept="application/json,.json" />
            <button>Import</button>
          </p>
          <p class="hint">
            Its order, its configuration and what is enabled in it come over what is here. Apps that it does
            not name stay as they are.
          </p>
        </PostForm>
      ) : null}
    </Panel>
  );
}
