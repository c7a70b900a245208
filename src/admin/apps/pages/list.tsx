/** @jsxImportSource #jsx */
import type { HookActivity } from "../../../accounts/app-activity.ts";
import { PostForm, Hidden } from "../../look/form.tsx";
import type { Frame } from "../../look/frame.ts";
import { EmptyState, Time } from "../../look/parts.tsx";
import { shortened } from "../../look/shorten.ts";
import type { AppHealth } from "../app-health.ts";
import { pathOf } from "./paths.ts";
import { AppState } from "./state.tsx";
import { figure } from "../../look/figure.ts";

export const HOOK_COLUMNS = ["Hook", "Processed", "Dropped", "Failed", "p50", "p95"] as const;

/** A project's apps in the order of the chain. Each can be moved by its arrows, and be dragged where scripts run. */
export function AppTable({ frame, apps }: { frame: Frame; apps: readonly AppHealth[] }) {
  if (apps.length === 0) {
    return (
      <EmptyState title="No app is deployed">
        Put one into <code>plugins/</code>, or bring one with <code>npm run add</code>, and deploy.
      </EmptyState>
    );
  }
  const mayChange = frame.visitor?.access === "full";
  return (
    <div class="scroll" role="region" aria-label="Apps" tabindex={0}>
      <table>
        <caption>Apps in the order of the chain</caption>
        <thead>
          <tr>
            <th scope="col">Chain</th>
            <th scope="col">App</th>
            <th scope="col">State and last error</th>
            {HOOK_COLUMNS.map((label, index) => (
              <th scope="col" class={index === 0 ? undefined : "numeric"}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody data-reorder={mayChange ? "" : undefined}>
          {apps.map((health, index) => (
            <AppRows
              frame={frame}
              health={health}
              position={index + 1}
              isLast={index + 1 === apps.length}
              mayChange={mayChange}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowsProps {
  frame: Frame;
  health: AppHealth;
  position: number;
  isLast: boolean;
  mayChange: boolean;
}

/** One row for each hook that did something; the app stands in the first. */
function AppRows({ frame, health, position, isLast, mayChange }: RowsProps) {
  const { app, hooks } = health;
  // What set-up failed with is why it does not run.
  const lastError = app.state === "running" ? health.errors[0] : undefined;
  const [first, ...others] = hooks;
  const span = { rowspan: Math.max(1, hooks.length) };
  const path = pathOf(app);
  return (
    <>
      <tr data-order={String(position)}>
        <td {...span} class="position">
          <span>{app.position ?? "–"}</span>
          {mayChange ? (
            <>
              <Move
                frame={frame}
                health={health}
                to={position - 1}
                label="up"
                arrow="↑"
                disabled={position === 1}
              />
              <Move
                frame={frame}
                health={health}
                to={position + 1}
                label="down"
                arrow="↓"
                disabled={isLast}
              />
            </>
          ) : null}
        </td>
        <th {...span} scope="row">
          <a href={frame.base + path}>{app.name}</a>
          <small>{app.plugin}</small>
        </th>
        <td {...span} class="state">
          <AppState health={health} />
          {lastError ? (
            <small>
              <span class="fault">Last error</span>
              {lastError.hook ? ` in ${lastError.hook}` : ""}, <Time at={lastError.timestamp} />:{" "}
              {shortened(lastError.message)}
            </small>
          ) : null}
        </td>
        <HookCells hook={first} />
      </tr>
      {others.map((hook) => (
        <tr>
          <HookCells hook={hook} />
        </tr>
      ))}
    </>
  );
}

/** The figures of a hook. */
export function HookCells({ hook }: { hook: HookActivity | undefined }) {
  if (!hook) {
    return (
      <td colspan={HOOK_COLUMNS.length} class="quiet">
        nothing within 24 hours
      </td>
    );
  }
  const { processed, dropped, failed, p50Ms, p95Ms } = hook;
  const figures = [figure(processed), figure(dropped), figure(failed), time(p50Ms), time(p95Ms)];
  return (
    <>
      <td>
        <code>{hook.hook}</code>
      </td>
      {figures.map((shown, index) => (
        <td
          class={index === 2 && failed > 0 ? "numeric fault" : "numeric"}
          data-label={HOOK_COLUMNS[index + 1]}
        >
          {shown}
        </td>
      ))}
    </>
  );
}

/** `order` is a field, and not the button's value: dragging sets it. */
function Move(props: {
  frame: Frame;
  health: AppHealth;
  to: number;
  label: string;
  arrow: string;
  disabled: boolean;
}) {
  const { frame, health, to, label, arrow, disabled } = props;
  const { app } = health;
  return (
    <PostForm frame={frame} action={pathOf(app, "move")} class="inline">
      <Hidden name="order" value={String(to)} />
      <button class="arrow" aria-label={`Move ${app.name} ${label}`} disabled={disabled}>
        {arrow}
      </button>
    </PostForm>
  );
}

function time(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
