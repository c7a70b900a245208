/**
 * Shows each `[data-visible-if]` only while the fields that it names have the values named, or any. What is hidden is not
 * sent, so that it stays as it is. Without scripts everything is shown, and the gateway checks all the same.
 */
export function showWhereItApplies(part: ParentNode): void {
  const blocks = [...part.querySelectorAll<HTMLElement>("[data-visible-if]")];
  if (blocks.length === 0) return;
  const update = () => {
    for (const block of blocks) {
      const conditions = JSON.parse(block.dataset["visibleIf"] ?? "[]") as [string, unknown?][];
      const isShown = conditions.every(([key, wanted]) => applies(valueOf(key), wanted));
      block.hidden = !isShown;
      for (const control of block.querySelectorAll<HTMLInputElement>("input, select, textarea")) {
        control.disabled = !isShown;
      }
    }
  };
  addEventListener("input", update);
  update();
}

function valueOf(key: string): string {
  return document.querySelector<HTMLInputElement>(`[name="${CSS.escape(`config.${key}`)}"]`)?.value ?? "";
}

function applies(value: string, wanted: unknown): boolean {
  if (wanted === undefined || wanted === null) return value !== "";
  return value === (typeof wanted === "string" ? wanted : JSON.stringify(wanted));
}
