const refuse = () => {
  throw new Error("refused");
};
const nested = (levels) => {
  let value = "bottom";
  for (let n = 0; n < levels; n += 1) value = { value };
  return value;
};
const withProperties = (change) => (event) => {
  Object.assign(event.properties, change());
  return event;
};

/** Results that are no event, or one that others choke on. */
export const returning = {
  "returns an array": () => [1],
  "returns a text": () => "event",
  "returns true": () => true,
  "returns a function": () => () => {},
  "returns a proxy that refuses": (event) =>
    new Proxy(event, { get: refuse, set: refuse, has: refuse, ownKeys: refuse }),
  "returns an event without anything": () => ({ event: "bare" }),
  "returns a frozen event": (event) =>
    Object.freeze({ ...event, properties: Object.freeze(event.properties) }),
  "freezes the event and throws": (event) => {
    Object.freeze(event.properties);
    Object.freeze(event);
    throw new Error("frozen");
  },
  "changes the types of an event": (event) => ({
    ...event,
    uuid: 5,
    distinct_id: { a: 1 },
    timestamp: [],
    ip: {},
    properties: "none",
    $set: 1,
    $set_once: [],
  }),
  "changes the types of an event and throws": (event) => {
    Object.assign(event, { uuid: "x", event: 7, distinct_id: null, properties: [], team_id: "2" });
    throw new Error("changed");
  },
  "changes the team": (event) => ({ ...event, team_id: 999_999 }),
  "makes properties that throw": (event) => {
    Object.defineProperty(event.properties, "x", { enumerable: true, get: refuse });
    return event;
  },
  "makes members that throw": (event) => {
    for (const name of ["uuid", "event", "distinct_id", "properties"])
      Object.defineProperty(event, name, { get: refuse });
    return event;
  },
  "writes itself as nothing": (event) => {
    event.properties.toJSON = () => undefined;
    event.toJSON = () => undefined;
    return event;
  },
  "writes a BigInt": withProperties(() => ({ big: 10n })),
  "writes a circle": (event) => {
    event.properties.self = event;
    return event;
  },
  "writes functions and symbols": withProperties(() => ({
    f() {},
    s: Symbol("s"),
    [Symbol("k")]: 1,
    u: undefined,
    n: NaN,
  })),
  "writes maps and buffers": withProperties(() => ({
    m: new Map([[1, 2]]),
    b: Buffer.from("x"),
    d: new Date(NaN),
  })),
  "nests 1,000 levels": withProperties(() => ({ deep: nested(1_000) })),
  "nests 100,000 levels": withProperties(() => ({ deep: nested(100_000) })),
  "writes 50,000 keys": withProperties(() =>
    Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key ${n}`, n])),
  ),
  "writes 20 MB of text": withProperties(() => ({ long: "x".repeat(20_000_000) })),
  "writes one text many times": withProperties(() => ({ many: new Array(300).fill("x".repeat(10_000)) })),
};
