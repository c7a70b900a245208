import type { Locator, Page } from "playwright-core";

/** How a person gets at things: each way must do for all of them. */
export interface Person {
  page: Page;
  press(target: Locator): Promise<void>;
  fill(target: Locator, text: string): Promise<void>;
  choose(target: Locator, option: string): Promise<void>;
  upload(target: Locator, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void>;
}

export function withMouse(page: Page): Person {
  return {
    page,
    press: (target) => target.click(),
    fill: (target, text) => target.fill(text),
    choose: async (target, option) => void (await target.selectOption(option)),
    upload: (target, file) => target.setInputFiles(file),
  };
}

/** More than any page has. */
const MAX_STOPS = 200;

/** By Tab, Enter and Space alone, and only where the focus is to be seen. */
export function withKeyboard(page: Page): Person {
  // Chromium is told to leave dialogs to the test only while somebody listens, and a key may be faster than that.
  page.on("filechooser", () => {});
  const reach = async (target: Locator) => {
    await target.waitFor();
    for (let stops = 0; stops < MAX_STOPS; stops += 1) {
      const focus = await target.evaluate((element) => {
        if (element !== document.activeElement) return "elsewhere";
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle === "none" || outlineWidth === "0px" ? "invisible" : "visible";
      });
      if (focus === "visible") return;
      if (focus === "invisible") throw new Error(`nobody sees that the focus is on ${target}`);
      await page.keyboard.press("Tab");
    }
    throw new Error(`${MAX_STOPS} times Tab do not lead to ${target}`);
  };
  return {
    page,
    async press(target) {
      await reach(target);
      const isChecked = (await target.getAttribute("type")) === "checkbox";
      await page.keyboard.press(isChecked ? "Space" : "Enter");
    },
    async fill(target, text) {
      await reach(target);
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
    },
    async choose(target, option) {
      await reach(target);
      await page.keyboard.type(option);
    },
    async upload(target, file) {
      // Asked for first: a key may reach the page before the wish to hear of its choosers.
      const asked = page.waitForEvent("filechooser");
      await reach(target);
      await page.keyboard.press("Enter");
      await (await asked).setFiles(file);
    },
  };
}
