/**
 * Lets the rows of a `[data-reorder]` be dragged. Each row is a `[data-order]`, its value its place, and holds a form with a
 * field `order`: dropped onto another row, its form is sent with the place of that one.
 */
export function orderByDragging(part: ParentNode): void {
  for (const list of part.querySelectorAll("[data-reorder]")) {
    let dragged: HTMLElement | null = null;
    for (const row of list.querySelectorAll<HTMLElement>("[data-order]")) {
      row.draggable = true;
      row.addEventListener("dragstart", () => {
        dragged = row;
        row.classList.add("dragged");
      });
      row.addEventListener("dragend", () => row.classList.remove("dragged"));
      row.addEventListener("dragover", (event) => event.preventDefault());
      row.addEventListener("drop", (event) => {
        event.preventDefault();
        if (dragged && dragged !== row) moveTo(dragged, row.dataset["order"] ?? "");
      });
    }
  }
}

function moveTo(row: HTMLElement, order: string): void {
  const field = row.querySelector<HTMLInputElement>('input[name="order"]');
  if (!field?.form) return;
  field.value = order;
  field.form.requestSubmit();
}
