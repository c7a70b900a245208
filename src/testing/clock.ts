/** A clock that stands until it is moved. */
export interface FakeClock {
  now(): number;
  set(timeMs: number): void;
}

/** Far from the real time, so that reading the real clock by mistake shows. */
const START = "2036-03-01T10:00:30.000Z";

export function createFakeClock(start: string | number | Date = START): FakeClock {
  let timeMs = new Date(start).getTime();
  return {
    now: () => timeMs,
    set(next) {
      timeMs = next;
    },
  };
}
