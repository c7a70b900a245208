const FETCH_TIMEOUT_MS = 10_000;

/**
 * Renews all `[data-live="<seconds>"]` of the page, found again by their ids, from one fetch of it, as often as the most
 * impatient of them asks, while the page is looked at. A part that holds the focus is left alone; a page whose session has
 * ended is loaded anew, unless something was entered on it. Ends when nothing is live any more.
 */
export function keepLive(enhance: (part: ParentNode) => void): void {
  const parts = [...document.querySelectorAll<HTMLElement>("[data-live]")];
  if (parts.length === 0) return;
  const seconds = Math.min(...parts.map(({ dataset }) => Number(dataset["live"])));
  setTimeout(async () => {
    if (!document.hidden) await renew(parts, enhance);
    keepLive(enhance);
  }, seconds * 1000);
}

let isEntered = false;
addEventListener("input", () => (isEntered = true));

async function renew(parts: readonly HTMLElement[], enhance: (part: ParentNode) => void): Promise<void> {
  const stale = parts.filter((part) => !part.contains(document.activeElement));
  if (stale.length === 0) return;
  const response = await fetch(location.href, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(
    // Offline for now; the next round tries again.
    () => null,
  );
  if (!response) return;
  if (response.redirected) {
    if (!isEntered) location.reload();
    return;
  }
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const old of stale) {
    const fresh = page.getElementById(old.id);
    if (!fresh) continue;
    enhance(fresh);
    old.replaceWith(fresh);
  }
}
