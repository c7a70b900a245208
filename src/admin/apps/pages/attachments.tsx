/** @jsxImportSource #jsx */
import type { Place } from "../../../apps/place.ts";
import type { Frame } from "../../look/frame.ts";
import { PostForm } from "../../look/form.tsx";
import { MarkdownLine } from "../../look/markdown.tsx";
import { Panel } from "../../look/parts.tsx";
import type { DescribedApp } from "../../shown-apps.ts";
import { visibleIf } from "./config-fields.tsx";
import { pathOf } from "./paths.ts";
import { figure } from "../../look/figure.ts";

/** A form for each file that the app takes. */
export function AttachmentForms(props: {
  frame: Frame;
  place: Place;
  app: DescribedApp;
  mayChange: boolean;
}) {
  const { frame, place, app, mayChange } = props;
  if (app.attachments.length === 0) return null;
  return (
    <Panel id="files" title="Files" aside="up to 10 MB each">
      {app.attachments.map((file) => {
        const { key, name = key } = file;
        const field = place.bundled.manifest.config.find((candidate) => candidate.key === key);
        return (
          <div data-visible-if={field && visibleIf(field)}>
            <PostForm
              frame={frame}
              action={pathOf(app, `attachments/${encodeURIComponent(key)}`)}
              class="field"
              label={name}
              multipart
            >
              <label for={`file-${key}`}>
                {name}
                {file.required ? <span class="required"> required</span> : null}
              </label>
              <p class="quiet">
                {file.file ?? "no file"}
                {"bytes" in file && file.bytes !== undefined ? `, ${figure(file.bytes)} bytes` : ""}
                {file.from ? (
                  <small>{file.from === "admin" ? "uploaded here" : "from apps.json"}</small>
                ) : null}
              </p>
              {mayChange ? (
                <p class="actions">
                  <input type="file" name="file" id={`file-${key}`} />
                  <button>Upload</button>
                  {file.from === "admin" ? (
                    <button name="remove" value="1" class="danger">
                      Remove
                    </button>
                  ) : null}
                </p>
              ) : null}
              {file.hint ? (
                <p class="hint">
                  <MarkdownLine text={file.hint} />
                </p>
              ) : null}
            </PostForm>
          </div>
        );
      })}
    </Panel>
  );
}
