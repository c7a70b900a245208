const SAID_FOR_MS = 1500;

/** Gives each `[data-copy]` a button that copies what is in its `<code>`. */
export function addCopyButtons(part: ParentNode): void {
  // Browsers offer no clipboard to pages that came by plain http.
  if (!("clipboard" in navigator)) return;
  for (const figure of part.querySelectorAll("[data-copy]")) {
    const caption = figure.querySelector("figcaption");
    if (!caption || caption.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.ariaLabel = `Copy ${caption.textContent}`;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(figure.querySelector("code")?.textContent ?? "");
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), SAID_FOR_MS);
    });
    caption.append(button);
  }
}
