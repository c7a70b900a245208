/** @jsxImportSource #jsx */
import type { Summary } from "../../delivery/dead-letters/letter.ts";
import type { Projects } from "../../projects.ts";
import { FilterForm, PostForm, TextField, TimeField, Hidden } from "../look/form.tsx";
import type { Frame } from "../look/frame.ts";
import { EmptyState, Time } from "../look/parts.tsx";
import { ProjectField } from "../look/project-filter.tsx";
import { Table } from "../look/table.tsx";

/** What a list of letters is filtered by, as text from the page's address. */
export type LetterConditions = Partial<
  Record<"project" | "plugin" | "hook" | "error" | "from" | "to", string>
>;

export function LetterFilters(props: {
  given: LetterConditions;
  projects: Projects;
  listed: readonly string[];
}) {
  const { given, projects, listed } = props;
  return (
    <FilterForm label="Dead letters">
      <ProjectField projects={projects} listed={listed} selected={given.project ?? ""} all="All projects" />
      <TextField
        name="plugin"
        label="App"
        type="search"
        value={given.plugin ?? ""}
        placeholder="its folder"
      />
      <TextField name="hook" label="Hook" type="search" value={given.hook ?? ""} placeholder="as onEvent" />
      <TextField
        name="error"
        label="Error"
        type="search"
        value={given.error ?? ""}
        placeholder="a part of it"
      />
      <TimeField name="from" label="From" at={given.from} />
      <TimeField name="to" label="To" at={given.to} />
    </FilterForm>
  );
}

/** Letters to choose from, and what to do with those chosen or with all that match. */
export function LetterList(props: {
  frame: Frame;
  letters: readonly Summary[];
  given: LetterConditions;
  mayChange: boolean;
}) {
  const { frame, letters, given, mayChange } = props;
  if (letters.length === 0) {
    return (
      <EmptyState title="No dead letters">
        What a destination does not take in the end stands here, to be mended and sent again.
      </EmptyState>
    );
  }
  return (
    <PostForm frame={frame} action="/dead-letters" label="Chosen dead letters">
      {Object.entries(given).map(([name, value]) => (
        <Hidden name={name} value={value} />
      ))}
      <Table
        caption="Dead letters"
        columns={[
          { label: "Destination" },
          { label: "Error", prose: true },
          { label: "Events", numeric: true },
          { label: "Attempts", numeric: true },
          { label: "Last tried" },
        ]}
        rows={letters.map((letter) => [
          <>
            {mayChange ? (
              <input
                type="checkbox"
                name="id"
                value={letter.id}
                aria-label={`Choose ${destinationOf(letter)}`}
              />
            ) : null}{" "}
            <a href={`${frame.base}/dead-letters/${encodeURIComponent(letter.id)}`}>
              {destinationOf(letter)}
            </a>
            {letter.replays ? <small class="quiet">{`replayed ${letter.replays} times before`}</small> : null}
          </>,
          letter.error,
          letter.events,
          letter.attempts,
          <Time at={letter.lastAt} />,
        ])}
      />
      {mayChange ? <Buttons /> : null}
    </PostForm>
  );
}

function Buttons() {
  return (
    <div class="choices">
      <button name="do" value="replay" class="primary">
        Replay chosen
      </button>
      <button name="do" value="replay-all">
        Replay all that match
      </button>
      <details>
        <summary>Delete…</summary>
        <button name="do" value="delete" class="danger">
          Delete chosen for good
        </button>
        <button name="do" value="delete-all" class="danger">
          Delete all that match for good
        </button>
      </details>
    </div>
  );
}

/** Where a letter was to go. */
export function destinationOf({ plugin, hook }: Pick<Summary, "plugin" | "hook">): string {
  return plugin === undefined ? "PostHog" : `${plugin} · ${hook}`;
}
