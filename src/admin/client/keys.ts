/** How long after `g` the second key counts. */
const SECOND_KEY_MS = 1500;

/** `g` and then the key of an entry in the navigation opens it. */
export function openByKeys(): void {
  let openedAtMs = -SECOND_KEY_MS;
  addEventListener("keydown", (event) => {
    const isTyping =
      event.target instanceof Element && event.target.closest("input, select, textarea") !== null;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "g") {
      openedAtMs = event.timeStamp;
      return;
    }
    if (event.timeStamp - openedAtMs > SECOND_KEY_MS || !/^[a-z]$/.test(event.key)) return;
    document.querySelector<HTMLAnchorElement>(`a[data-key="${event.key}"]`)?.click();
  });
}
