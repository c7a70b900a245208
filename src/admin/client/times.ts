const full = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("sv-SE", { timeStyle: "short" });

/** Shows each `<time>` in the viewer's zone, with UTC on hover, and the hours and minutes of charts in that zone too. */
export function localTimes(part: ParentNode): void {
  for (const element of part.querySelectorAll("time")) {
    if (element.title) continue;
    element.title = element.textContent ?? "";
    element.textContent = full.format(new Date(element.dateTime));
  }
  for (const element of part.querySelectorAll("[data-clock]")) {
    const local = clock.format(new Date(element.getAttribute("data-clock") ?? ""));
    element.textContent = (element.textContent ?? "").replace(/\d\d:\d\d( UTC)?/, local);
  }
}

/** Lets times be entered in the viewer's zone, and sends them as UTC, which the label then need not say. */
export function localFields(part: ParentNode): void {
  for (const field of part.querySelectorAll<HTMLInputElement>("input[type=datetime-local]")) {
    const [label] = field.labels ?? [];
    if (label) label.textContent = (label.textContent ?? "").replace(", UTC", "");
    if (field.value) field.value = full.format(new Date(`${field.value}Z`)).slice(0, 16);
    field.form?.addEventListener("formdata", ({ formData }) => {
      if (field.value) formData.set(field.name, new Date(field.value).toISOString());
    });
  }
}
