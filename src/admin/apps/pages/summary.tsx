/** @jsxImportSource #jsx */
import type { Frame } from "../../look/frame.ts";
import { PostForm } from "../../look/form.tsx";
import type { ReadEntry } from "../../../logs/stored-entry.ts";
import { Panel, Time } from "../../look/parts.tsx";
import { shortened } from "../../look/shorten.ts";
import type { AppHealth } from "../app-health.ts";
import { HOOK_COLUMNS, HookCells } from "./list.tsx";
import { pathOf } from "./paths.ts";
import { AppState } from "./state.tsx";

const RENEWED_EVERY_SECONDS = 30;

/** How an app stands and what its hooks did, and the switch that takes it in and out of use. */
export function Summary(props: { frame: Frame; health: AppHealth; mayChange: boolean }) {
  const { frame, health, mayChange } = props;
  const { app, hooks, errors } = health;
  const others = errors.filter(({ hook }) => hooks.every((known) => known.hook !== hook));
  const state = (
    <>
      <span>
        <AppState health={health} />
      </span>
      {app.position === null ? null : <span>{`position ${app.position} in the chain`}</span>}
    </>
  );
  return (
    <Panel id="summary" title="Within 24 hours" aside={state} live={RENEWED_EVERY_SECONDS}>
      <div class="scroll" role="region" aria-label="Hooks" tabindex={0}>
        <table>
          <caption>What each hook did</caption>
          <thead>
            <tr>
              {HOOK_COLUMNS.map((label, index) => (
                <th scope="col" class={index === 0 ? undefined : "numeric"}>
                  {label}
                </th>
              ))}
              <th scope="col">Last error</th>
            </tr>
          </thead>
          <tbody>
            {(hooks.length > 0 ? hooks : [undefined]).map((hook) => (
              <tr>
                <HookCells hook={hook} />
                <LastError error={hook && errors.find((error) => error.hook === hook.hook)} />
              </tr>
            ))}
            {others.map((error) => (
              <tr>
                <td>
                  <code>{error.hook ?? ""}</code>
                </td>
                <td colspan={HOOK_COLUMNS.length - 1} />
                <LastError error={error} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        p50 and p95 are upper bounds, of calls that were waited for; on Workers the clock does not measure
        computation.
      </p>
      {mayChange ? <Switch frame={frame} health={health} /> : null}
    </Panel>
  );
}

function LastError({ error }: { error: ReadEntry | undefined }) {
  return (
    <td class="prose" data-label={error ? "Last error" : undefined}>
      {error ? (
        <>
          <Time at={error.timestamp} /> {shortened(error.message)}
        </>
      ) : null}
    </td>
  );
}

function Switch({ frame, health: { app, state } }: { frame: Frame; health: AppHealth }) {
  // Set-up has disabled it, though it is wanted: enabling it again makes it start afresh.
  const isStuck = app.enabled && state === "disabled";
  return (
    <PostForm frame={frame} action={pathOf(app, "enabled")} class="actions">
      {app.enabled ? (
        <>
          {isStuck ? (
            <button class="primary" name="enabled" value="true">
              Start afresh
            </button>
          ) : null}
          <button class="danger" name="enabled" value="false">
            Disable in this project
          </button>
        </>
      ) : (
        <button class="primary" name="enabled" value="true">
          Enable in this project
        </button>
      )}
      <button name="enabled" value="default">
        As in apps.json
      </button>
    </PostForm>
  );
}
