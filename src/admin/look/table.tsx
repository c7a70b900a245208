/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";

export interface Column {
  label: string;
  /** Set to the right, in figures of one width. */
  numeric?: boolean;
  /** Sentences: gets the room to be read on a phone too. */
  prose?: boolean;
  /** Stays on one line. */
  line?: boolean;
}

/** Rows under headings; each begins with what it is about. On a phone its cells follow one another, each after its heading. */
export function Table(props: { caption: string; columns: readonly Column[]; rows: readonly Child[][] }) {
  const { caption, columns, rows } = props;
  const kind = (index: number) => {
    const { numeric, prose, line } = columns[index] ?? {};
    return numeric ? "numeric" : prose ? "prose" : line ? "line" : undefined;
  };
  return (
    <div class="scroll" role="region" aria-label={caption} tabindex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label }, index) => (
              <th scope="col" class={kind(index)}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...rest]) => (
            <tr>
              <th scope="row" class={kind(0)}>
                {first}
              </th>
              {rest.map((cell, index) => (
                <td class={kind(index + 1)} data-label={columns[index + 1]?.label || undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
