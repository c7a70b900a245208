const GAP = "  ";

/**
 * Aligns rows under their column titles, text to the left and numbers to the right. A cell that repeats the one above in the
 * first column is left blank, so that groups can be seen. Lines have no trailing blanks.
 */
export function formatTable(
  columns: readonly { title: string; align?: "left" | "right" }[],
  rows: readonly (readonly string[])[],
): string {
  const shown = rows.map((row, index) =>
    row.map((cell, column) => (column === 0 && cell === rows[index - 1]?.[0] ? "" : cell)),
  );
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...shown.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return columns[column]?.align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => "─".repeat(width))),
    ...shown.map(line),
  ].join("\n");
}
