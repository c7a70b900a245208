const count = () => {
  let n = 0;
  while (true) n += 1;
};
function* endless() {
  while (true) yield 1;
}
function* restless() {
  yield* restless();
}
const recursive = (n) => recursive(n + 1) + 1;

/** Loops that do not end, of every form that can be cut. */
export const looping = {
  "loops by while": count,
  "loops by do": () => {
    do {} while (true);
  },
  "loops by for": () => {
    for (;;);
  },
  "loops with labels": () => {
    outer: for (;;) for (;;) continue outer;
  },
  "loops though it was cut": () => {
    for (;;) {
      try {
        count();
      } catch {}
    }
  },
  "loops over a generator": () => {
    for (const _ of endless());
  },
  "spreads a generator": () => [...endless()],
  "recurses in a generator": () => [...restless()],
  recurses: () => recursive(0),
  "recurses by JSON": () => {
    const value = { toJSON: () => JSON.stringify(value) };
    return JSON.stringify(value);
  },
  "loops in a promise": () => Promise.resolve().then(count),
  "loops by await": async () => {
    while (true) await null;
  },
  "loops in a sort": () => [2, 1].sort(count),
  "loops in a replacer": () => "a".replace(/a/, count),
  "loops in a proxy": () => new Proxy({}, { get: count }).x,
  "loops in a result's getter": (event) => ({
    ...event,
    get event() {
      return count();
    },
  }),
  "loops in a property's getter": (event) => {
    Object.defineProperty(event.properties, "x", { enumerable: true, get: count });
    return event;
  },
  "loops in toJSON": (event) => {
    event.properties.x = { toJSON: count };
    return event;
  },
  "loops in toString": (event) => {
    event.distinct_id = { toString: count, toJSON: count };
    return event;
  },
  "loops in the event's own team": (event) => Object.defineProperty(event, "team_id", { get: count }),
  "never settles": () => new Promise(() => {}),
  "resolves with itself": () => {
    const self = { then: (resolve) => resolve(self) };
    return self;
  },
  "resolves with itself later": async () => {
    const self = {
      then(resolve) {
        resolve(self);
      },
    };
    return self;
  },
  "settles both ways": () => ({
    then(resolve, reject) {
      reject(new Error("no"));
      resolve(null);
      throw new Error("late");
    },
  }),
  "throws in then": () => ({
    get then() {
      throw new Error("then");
    },
  }),
  "works long by map": () => new Array(1e6).fill(0).map((n) => n + 1) && Promise.reject(new Error("done")),
};
