import { vi } from "vitest";
import { automock, mockFunction, spyOn } from "./mock-function.ts";
import type { Modules } from "./modules.ts";

/** What a file of an app finds as `jest`. Calls that change something return it, as Jest's do. */
export function createJest(modules: () => Modules, path: string) {
  const then = (act: () => unknown) => {
    act();
    return jest;
  };
  const mock = (specifier: string, factory?: () => unknown) =>
    then(() => modules().mock(specifier, path, factory));
  const unmock = (specifier: string) => then(() => modules().unmock(specifier, path));
  const jest = {
    fn: mockFunction,
    spyOn,
    mocked: <Value>(value: Value) => value,
    isMockFunction: vi.isMockFunction,
    mock,
    doMock: mock,
    unmock,
    dontMock: unmock,
    deepUnmock: unmock,
    setMock: (specifier: string, value: unknown) => mock(specifier, () => value),
    requireActual: (specifier: string) => modules().requireActual(specifier, path),
    requireMock: (specifier: string) => modules().requireMock(specifier, path),
    createMockFromModule: (specifier: string) => automock(modules().requireActual(specifier, path)),
    genMockFromModule: (specifier: string) => automock(modules().requireActual(specifier, path)),
    resetModules: () => then(() => modules().reset()),
    isolateModules(load: () => void) {
      modules().reset();
      load();
      modules().reset();
    },
    clearAllMocks: () => then(vi.clearAllMocks),
    resetAllMocks: () => then(vi.resetAllMocks),
    restoreAllMocks: () => then(vi.restoreAllMocks),
    setTimeout: (testTimeout: number) => then(() => vi.setConfig({ testTimeout, hookTimeout: testTimeout })),
    retryTimes: (retry: number) => then(() => vi.setConfig({ retry } as never)),
    useFakeTimers: (options?: { now?: number | Date } | string) =>
      then(() => vi.useFakeTimers(typeof options === "object" ? options : {})),
    useRealTimers: () => then(vi.useRealTimers),
    setSystemTime: (now?: number | Date) => vi.setSystemTime(now ?? Date.now()),
    getRealSystemTime: vi.getRealSystemTime,
    getTimerCount: vi.getTimerCount,
    clearAllTimers: vi.clearAllTimers,
    runAllTimers: vi.runAllTimers,
    runAllTimersAsync: vi.runAllTimersAsync,
    runAllTicks: vi.runAllTicks,
    runOnlyPendingTimers: vi.runOnlyPendingTimers,
    runOnlyPendingTimersAsync: vi.runOnlyPendingTimersAsync,
    advanceTimersByTime: vi.advanceTimersByTime,
    advanceTimersByTimeAsync: vi.advanceTimersByTimeAsync,
    advanceTimersToNextTimer: vi.advanceTimersToNextTimer,
  };
  return jest;
}
