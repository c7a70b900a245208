import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryBackend } from "../redis/memory.ts";
import { createEventLog, listEvents } from "./event-log.ts";
import type { Message } from "./message.ts";
import { transact } from "./redis.ts";

const message: Message = {
  messageId: "msg_1",
  url: "https://example.com",
  method: "POST",
  headers: {},
  body: { text: "", base64: false },
  maxRetries: 3,
  createdAt: 0,
  notBefore: 0,
  labels: [],
};

function openLog() {
  const backend = createMemoryBackend();
  onTestFinished(() => backend.close());
  let time = 0;
  let segments = 0;
  const newSegment = () => `log_${`${segments++}`.padStart(5, "0")}`;
  const log = createEventLog({ backend, clock: { now: () => ++time }, newSegment });
  const append = (count: number) =>
    transact(backend, Array.from({ length: count }, () => log.commands(message, "ACTIVE")).flat());
  const times = async (count: number, cursor?: string) => {
    const page = await listEvents(backend, { filter: new Map(), count, cursor });
    return { times: page.events.map((event) => event["time"]), cursor: page.cursor };
  };
  return { log, append, times, backend };
}

describe("createEventLog", () => {
  it("keeps the newest ten thousand events, give or take a segment", async () => {
    const { log, append, times } = openLog();
    for (let round = 0; round < 12; round++) {
      await append(1000);
      await log.trim();
    }
    const { times: kept } = await times(20_000);
    expect(kept).toHaveLength(10_000);
    expect(kept[0]).toBe(12_000);
    expect(kept.at(-1)).toBe(2001);
  });

  it("gives pages that neither repeat nor skip while events are added and dropped", async () => {
    const { log, append, times } = openLog();
    await append(250);
    const first = await times(120);
    await append(9900);
    await log.trim();
    const second = await times(120, first.cursor);
    expect(first.times).toEqual(Array.from({ length: 120 }, (_, index) => 250 - index));
    expect(second.times).toEqual(Array.from({ length: second.times.length }, (_, index) => 130 - index));
  });

  it("keeps later events readable when the opening of a segment failed", async () => {
    const { log, times, backend } = openLog();
    log.commands(message, "CREATED");
    log.reopen();
    await transact(backend, log.commands(message, "ACTIVE"));
    expect((await times(10)).times).toEqual([2]);
  });
});
