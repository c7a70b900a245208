import { describe, expect, test } from "vitest";
import type { AppExports } from "./definition.ts";
import { findHooks } from "./hooks.ts";

const named = (name: string) => ({ processEvent: () => name });
const empty: AppExports = { exports: {}, defaultExport: undefined, moduleExports: {}, topLevel: {} };
const chosen = (found: Partial<AppExports>) =>
  findHooks({ ...empty, ...found }).processEvent?.({} as never, {});

describe("an app's hooks are looked up", () => {
  test("in exports before exports.default before module.exports before top-level functions", () => {
    const all = {
      exports: named("exports"),
      defaultExport: named("default"),
      moduleExports: named("module"),
      topLevel: named("top"),
    };
    expect(chosen(all)).toBe("exports");
    expect(chosen({ ...all, exports: {} })).toBe("default");
    expect(chosen({ ...all, exports: {}, defaultExport: undefined })).toBe("module");
    expect(chosen({ topLevel: named("top") })).toBe("top");
  });

  test("not among top-level functions once anything is exported", () => {
    expect(chosen({ exports: { onEvent: () => {} }, topLevel: named("top") })).toBeUndefined();
    expect(chosen({ exports: { default: () => {} }, topLevel: named("top") })).toBeUndefined();
  });

  test("not in a function that is the default export", () => {
    const hook = Object.assign(() => {}, named("inside"));
    expect(chosen({ exports: { default: hook }, defaultExport: hook })).toBeUndefined();
  });

  test("on the prototype of a class instance", () => {
    class App {
      processEvent() {
        return "method";
      }
    }
    expect(chosen({ moduleExports: new App() })).toBe("method");
  });

  test("by functions only", () => {
    expect(findHooks({ ...empty, exports: { runEveryMinute: "soon", onEvent: () => {} } })).toEqual({
      onEvent: expect.any(Function),
    });
  });

  test.each([
    [[{ event: "a" }, { event: "b" }], { event: "a" }],
    [[], undefined],
    [null, null],
  ])("and processEventBatch answers for processEvent with the first of %j", async (result, expected) => {
    const hooks = findHooks({ ...empty, exports: { processEventBatch: () => result } });
    expect(await hooks.processEvent?.({} as never, {})).toEqual(expected);
  });
});
