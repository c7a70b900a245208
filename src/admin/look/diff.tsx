/** @jsxImportSource #jsx */
import { diffLines, foldLines } from "./diff-lines.ts";

const SIGNS = { same: " ", removed: "-", added: "+" } as const;

/** What changed between two values, by lines of their JSON; of what did not, only the lines around it. */
export function Diff({ label, before, after }: { label: string; before: unknown; after: unknown }) {
  const lines = diffLines(linesOf(before), linesOf(after));
  if (lines.every(({ kind }) => kind === "same")) return <p class="hint">Nothing changed.</p>;
  return (
    <figure class="code diff">
      <figcaption>{label}</figcaption>
      <pre tabindex={0} aria-label={label}>
        {foldLines(lines).map((shown) => {
          if (typeof shown === "number") return <i>{`  ⋯ ${shown} more\n`}</i>;
          const { kind, text } = shown;
          const line = `${SIGNS[kind]} ${text}\n`;
          switch (kind) {
            case "same":
              return line;
            case "added":
              return <ins>{line}</ins>;
            case "removed":
              return <del>{line}</del>;
          }
        })}
      </pre>
    </figure>
  );
}

/**
 * Keys are sorted, so that their order is no difference, and nothing stands between them, so that one that comes after
 * another does not change that. Undefined is nothing at all.
 */
function linesOf(value: unknown): string[] {
  return value === undefined ? [] : JSON.stringify(sorted(value), null, 2).split(/,?\n/);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
