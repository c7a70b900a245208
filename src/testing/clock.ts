/** A clock that stands until it is moved. Ahead of real time, because signatures are checked against that for their expiry. */
export interface FakeClock {
  now(): number;
  set(timeMs: number): void;
}

export function createFakeClock(start = "2036-03-01T10:00:30.000Z"): FakeClock {
  let timeMs = Date.parse(start);
  return {
    now: () => timeMs,
    set(next) {
      timeMs = next;
    },
  };
}
