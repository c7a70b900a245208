import fc from "fast-check";
import { claimsOf, NOW_SECONDS, PUBLIC_URL, type Token } from "./token.ts";

/** Clocks may differ by this much. */
export const TOLERANCE_SECONDS = 5;

const anything = fc.jsonValue({ depthSize: "small" });
const notNumbers = anything.filter((value) => typeof value !== "number");

/** Claims of which one would have to be refused by itself, under the right key. */
export function wrongClaims(
  path: string,
  routes: readonly string[],
  body: Uint8Array,
): fc.Arbitrary<unknown> {
  const right = claimsOf(path, body);
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)));
  const other = (name: string, values: fc.Arbitrary<unknown>) =>
    values
      .filter((value) => value !== right[name])
      .map((value) => Object.assign({}, right, { [name]: value }));
  return fc.oneof(
    fc.constantFrom(without("iss"), without("sub"), without("exp"), without("body"), {}),
    other("iss", fc.oneof(anything, fc.constantFrom("upstash", "Upstash "))),
    other("sub", fc.oneof(anything, wrongAddresses(path, routes))),
    other("exp", fc.oneof(notNumbers, fc.integer({ max: NOW_SECONDS - TOLERANCE_SECONDS }))),
    other("nbf", fc.oneof(notNumbers, fc.integer({ min: NOW_SECONDS + TOLERANCE_SECONDS + 1 }))),
    other("body", fc.oneof(anything, fc.base64String())),
    anything.filter((value) => typeof value !== "object" || value === null || Array.isArray(value)),
    fc.constantFrom("", "{", "null", '{"iss":'),
  );
}

/** Addresses of other routes, and other ways to write this one. */
function wrongAddresses(path: string, routes: readonly string[]): fc.Arbitrary<string> {
  const address = `${PUBLIC_URL}${path}`;
  return fc.oneof(
    fc.constantFrom(...routes).map((route) => `${PUBLIC_URL}${route}`),
    fc.constantFrom(
      `${address}/`,
      `${address}?a=1`,
      `${address}#a`,
      address.toUpperCase(),
      address.replace("http:", "https:"),
      address.replace("edge.test", "edge.test.example"),
      path,
      PUBLIC_URL,
    ),
  );
}

/** Algorithms that a receiver could be talked into, some with a seal that is right in their own way. */
export const wrongAlgorithms = fc
  .tuple(
    fc.oneof(
      fc.constantFrom("none", "None", "NONE", "", "RS256", "ES256", "PS256", "HS384", "HS512", "hs256"),
      anything.filter((value) => value !== "HS256"),
    ),
    fc.constantFrom<Token["hash"]>("sha256", "sha384", "sha512"),
    fc.boolean(),
  )
  .map(([alg, hash, isSealed]) => ({ alg, hash, isSealed }));
