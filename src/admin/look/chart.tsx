/** @jsxImportSource #jsx */
import { figure } from "./figure.ts";

export interface Bar {
  /** When the bar's span of time began. */
  at: Date;
  value: number;
}

const WIDTH = 480;
const HEIGHT = 120;
const BASE = HEIGHT - 18;
const TOP = 16;
/** Labels under the bars, beside the first. */
const LABELS = 6;

/** Counts by time as bars, each with its figure on hover; times are UTC until scripts show the viewer's. `title` and `description` say the same to those who do not see it. */
export function Chart(props: { id: string; title: string; description: string; bars: readonly Bar[] }) {
  const { id, title, description, bars } = props;
  const highest = Math.max(0, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(1, bars.length);
  const every = Math.max(1, Math.ceil(bars.length / LABELS));
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-labelledby={`${id}-name ${id}-description`}
    >
      <title id={`${id}-name`}>{title}</title>
      <desc id={`${id}-description`}>{description}</desc>
      <line class="axis" x1="0" y1={BASE} x2={WIDTH} y2={BASE} />
      <line class="grid" x1="0" y1={TOP} x2={WIDTH} y2={TOP} />
      <text class="scale" x="0" y={TOP - 5}>
        {figure(highest)}
      </text>
      {bars.map(({ at, value }, index) => {
        const height = highest === 0 ? 0 : Math.max(value > 0 ? 1.5 : 0, ((BASE - TOP) * value) / highest);
        return (
          <g class="bar">
            <title data-clock={at.toISOString()}>
              {`${figure(value)} from ${hoursAndMinutes(at)} UTC on`}
            </title>
            <rect class="hit" x={index * step} y={TOP} width={step} height={BASE - TOP} />
            <rect
              x={index * step + step * 0.14}
              y={BASE - height}
              width={step * 0.72}
              height={height}
              rx="1.5"
            />
            {index % every === 0 ? (
              <text x={index * step} y={HEIGHT - 4} data-clock={at.toISOString()}>
                {hoursAndMinutes(at)}
              </text>
            ) : null}
          </g>
        );
      })}
    </svg>
  );
}

/** `14:05`, UTC. */
function hoursAndMinutes(at: Date): string {
  return at.toISOString().slice(11, 16);
}
