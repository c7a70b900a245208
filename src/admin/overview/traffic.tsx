/** @jsxImportSource #jsx */
import type { Activity, Span } from "../../accounts/activity.ts";
import type { DestinationTotals } from "../../accounts/read.ts";
import { Chart } from "../look/chart.tsx";
import { EmptyState, Stat, Stats } from "../look/parts.tsx";
import { Table } from "../look/table.tsx";
import { figure } from "../look/figure.ts";

/** What became of the events of the last day. */
export function Outcomes({ activity: { totals } }: { activity: Activity }) {
  const { destinations } = totals;
  const dead = sum(destinations.map(givenUp));
  const retried = sum(destinations.map((destination) => destination.retried));
  const invalid = sum(Object.values(totals.invalid));
  return (
    <Stats>
      <Stat label="Events in" value={totals.accepted} detail={`${figure(totals.duplicate)} came twice`} />
      <Stat
        label="Delivered"
        value={sum(destinations.map((destination) => destination.delivered))}
        detail={destinations.length === 1 ? "to 1 destination" : `to ${destinations.length} destinations`}
      />
      <Stat
        label="Dropped"
        value={sum(Object.values(totals.dropped))}
        detail={worst(totals.dropped, "by apps")}
      />
      <Stat
        label="Retried"
        value={retried}
        detail="put off for another try"
        tone={retried > 0 ? "warn" : "calm"}
      />
      <Stat label="Dead" value={dead} detail="given up, not replayed" tone={dead > 0 ? "bad" : "calm"} />
      <Stat
        label="Refused"
        value={invalid}
        detail={worst(totals.invalid, "not usable as events")}
        tone={invalid > 0 ? "warn" : "calm"}
      />
    </Stats>
  );
}

/** How many events came in, over the last hour and over the day. */
export function Rates({ activity }: { activity: Activity }) {
  return (
    <div class="columns">
      <Rate id="hour" title="Last hour" unit="5 minutes" spans={activity.hour} minutes={5} />
      <Rate id="day" title="Last 24 hours" unit="hour" spans={activity.day} minutes={60} />
    </div>
  );
}

function Rate(props: { id: string; title: string; unit: string; spans: readonly Span[]; minutes: number }) {
  const { id, title, unit, spans, minutes } = props;
  const total = sum(spans.map(({ value }) => value));
  const perMinute = total / (spans.length * minutes);
  const highest = Math.max(0, ...spans.map(({ value }) => value));
  return (
    <section class="rate">
      <h3>
        {title} <small>{`${perMinute.toLocaleString("en", { maximumFractionDigits: 1 })} a minute`}</small>
      </h3>
      <Chart
        id={`rate-${id}`}
        title={`Events in, by ${unit}: ${title.toLowerCase()}`}
        description={`${figure(total)} in all, at most ${figure(highest)} in one bar.`}
        bars={spans}
      />
    </section>
  );
}

/** Each destination's account of the last day: where events get stuck. */
export function Destinations({ activity }: { activity: Activity }) {
  const rows = activity.totals.destinations.toSorted(
    (a, b) => givenUp(b) - givenUp(a) || b.retried - a.retried,
  );
  if (rows.length === 0) {
    return (
      <EmptyState title="Nothing was delivered within the last day">
        Point an SDK at this gateway: the lines to copy are under Projects & settings.
      </EmptyState>
    );
  }
  return (
    <Table
      caption="Destinations"
      columns={[
        { label: "Destination" },
        { label: "Events", numeric: true },
        { label: "Delivered", numeric: true },
        { label: "Ignored", numeric: true },
        { label: "On the way", numeric: true },
        { label: "Retried", numeric: true },
        { label: "Dead", numeric: true },
      ]}
      rows={rows.map((destination) => [
        destination.plugin === undefined ? (
          "PostHog"
        ) : (
          <>
            {destination.plugin}
            <small>{destination.hook}</small>
          </>
        ),
        <Figure value={Math.max(0, destination.routed - (destination.replayed ?? 0))} />,
        <Figure value={destination.delivered} />,
        <Figure value={destination.ignored} />,
        <Figure value={onTheWay(destination)} />,
        <Figure value={destination.retried} />,
        <Figure value={givenUp(destination)} class="fault" />,
      ])}
    />
  );
}

/** A figure in a table: nothing steps back behind what there is. */
function Figure({ value, class: kind }: { value: number; class?: string }) {
  return <span class={value === 0 ? "quiet" : kind}>{figure(value)}</span>;
}

/** What was replayed counts as set out, and arrives or dies, once more. */
function givenUp({ dead, replayed = 0 }: DestinationTotals): number {
  return Math.max(0, dead - replayed);
}

/** What set out before the day began may arrive within it. */
function onTheWay({ routed, delivered, ignored, dead }: DestinationTotals): number {
  return Math.max(0, routed - delivered - ignored - dead);
}

/** What contributes most, by name. */
function worst(counts: Readonly<Record<string, number>>, otherwise: string): string {
  const [first] = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return first ? `most: ${first[0]}` : otherwise;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
