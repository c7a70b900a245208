const thrower = (make) => () => {
  throw make();
};
const refuse = () => {
  throw new Error("not to be looked at");
};

/** What is thrown may itself throw when it is looked at. */
export const throwing = {
  "throws undefined": thrower(() => undefined),
  "throws null": thrower(() => null),
  "throws a text": thrower(() => "text"),
  "throws a symbol": thrower(() => Symbol("s")),
  "throws an object without prototype": thrower(() => Object.create(null)),
  "throws a frozen error": thrower(() => Object.freeze(new Error("frozen"))),
  "throws a frozen RetryError": thrower(() => Object.freeze(new RetryError("frozen"))),
  "throws a proxy that refuses": thrower(
    () => new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse }),
  ),
  "throws a revoked proxy": thrower(() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }),
  "throws an error with getters that throw": thrower(() =>
    Object.defineProperties(new Error("x"), {
      message: { get: refuse },
      stack: { get: refuse },
      name: { get: refuse },
    }),
  ),
  "throws an error whose stack is an object": thrower(() =>
    Object.assign(new Error("x"), { stack: {}, message: [] }),
  ),
  "throws an object whose text throws": thrower(() => ({ toString: refuse, valueOf: refuse })),
  "throws a RetryError whose text loops": thrower(() => {
    class Looping extends RetryError {
      toString() {
        while (true);
      }
    }
    return new Looping("x");
  }),
  "throws a long error": thrower(() => new Error("long ".repeat(1e6))),
  "rejects with nothing": () => Promise.reject(),
  "rejects with a proxy": () => Promise.reject(new Proxy(new Error("x"), { get: refuse })),
};
