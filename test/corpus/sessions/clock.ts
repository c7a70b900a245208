/**
 * Puts the clock of the realm it runs in ahead, and keeps the right one under the name `rightNow`. Pages run it from its
 * source text: it must not refer to anything outside of itself.
 */
export function shiftDate(skewMs: number): void {
  // Kept from what SDKs assign to Date, which reaches the original through the proxy.
  const rightNow = Date.now.bind(Date);
  const wrongNow = () => rightNow() + skewMs;
  const shifted = new Proxy(Date, {
    construct: (target, given: unknown[]) =>
      Reflect.construct(target, given.length === 0 ? [wrongNow()] : given),
    apply: (target) => new target(wrongNow()).toString(),
    get: (target, name, receiver) => (name === "now" ? wrongNow : Reflect.get(target, name, receiver)),
  });
  Object.assign(globalThis, { Date: shifted, rightNow });
}
