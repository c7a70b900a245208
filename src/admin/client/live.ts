const FETCH_TIMEOUT_MS = 10_000;

/**
 * Renews each `[data-live="<seconds>"]` from the same page, found again by its id, while the page is looked at. A part that
 * holds the focus is left alone; a page that is no longer there, or whose session has ended, is loaded anew.
 */
export function keepLive(enhance: (part: ParentNode) => void): void {
  for (const { id, dataset } of document.querySelectorAll<HTMLElement>("[data-live]")) {
    setInterval(() => void renew(id, enhance), Number(dataset["live"]) * 1000);
  }
}

async function renew(id: string, enhance: (part: ParentNode) => void): Promise<void> {
  const old = document.getElementById(id);
  if (!old || document.hidden || old.contains(document.activeElement)) return;
  const response = await fetch(location.href, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(
    // Offline for now; the next round tries again.
    () => null,
  );
  if (!response) return;
  if (response.redirected) return location.reload();
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(id);
  if (!fresh) return;
  enhance(fresh);
  old.replaceWith(fresh);
}
