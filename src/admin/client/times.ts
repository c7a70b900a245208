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
