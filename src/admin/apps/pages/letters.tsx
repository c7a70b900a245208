/** @jsxImportSource #jsx */
import { type AppLetters, lettersPath } from "../../letters/waiting.ts";
import type { Frame } from "../../look/frame.ts";
import { EmptyState, Notice, Panel, Time } from "../../look/parts.tsx";
import { shortened } from "../../look/shorten.ts";
import { Table } from "../../look/table.tsx";
import type { DescribedApp } from "../../shown-apps.ts";
import { figure } from "../../look/figure.ts";

const SHOWN = 5;

/** The newest of an app's dead letters, how many there are, and the way to all of them. */
export function AppLettersPanel(props: { frame: Frame; app: DescribedApp; letters: AppLetters | null }) {
  const { frame, app, letters } = props;
  const { project, plugin } = app;
  return (
    <Panel id="letters" title="Dead letters" aside={letters?.count ? <All count={letters.count} /> : null}>
      {letters === null ? (
        <Notice tone="bad">They are in Redis, which does not answer.</Notice>
      ) : letters.found.length === 0 ? (
        <EmptyState title={letters.count === 0 ? "None" : "None of late"}>
          What this app fails with for good waits here, to be sent again once it is mended.
        </EmptyState>
      ) : (
        <Table
          caption="Dead letters of this app"
          columns={[
            { label: "Hook" },
            { label: "Error", prose: true },
            { label: "Events", numeric: true },
            { label: "Attempts", numeric: true },
            { label: "Last tried" },
          ]}
          rows={letters.found
            .slice(0, SHOWN)
            .map(({ id, hook, error, events, attempts, lastAt }) => [
              <a href={`${frame.base}/dead-letters/${encodeURIComponent(id)}`}>{hook}</a>,
              shortened(error),
              events,
              attempts,
              <Time at={lastAt} />,
            ])}
        />
      )}
    </Panel>
  );

  function All({ count }: { count: number }) {
    return <a href={frame.base + lettersPath({ project, plugin })}>{`All ${figure(count)}`}</a>;
  }
}
