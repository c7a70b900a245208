import fc from "fast-check";
import { gzipSync } from "node:zlib";
import type { FuzzRequest } from "../request.ts";
import { wrongAlgorithms, wrongClaims } from "./claims.ts";
import { KEYS, seal, sha256, type Token, tokenOf } from "./token.ts";

/** A message that would be worked on if it were signed. */
const message = new TextEncoder().encode(
  JSON.stringify({ v: 2, id: "forged", project: "phc_test", plugin: "app", events: [] }),
);

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** What no server lets pass as a rule, and what some do. */
const ABSURD_CHARACTERS = [2001, 70_000, 1_000_000];

/** Requests to the routes that QStash calls, of which QStash has made none. */
export function forgeries(routes: readonly string[]): fc.Arbitrary<FuzzRequest> {
  return fc.constantFrom(...routes).chain((path) =>
    fc.oneof(
      signatures(path, routes).map((signature) => request(path, signature)),
      changedBodies.map((changed) => request(path, seal(tokenOf(path, message)), changed)),
      fc.constantFrom(...METHODS).map((method) => {
        const body = /GET|HEAD/.test(method) ? null : message;
        return request(path, seal(tokenOf(path, message)), { method, body });
      }),
    ),
  );
}

function request(path: string, signature: string | null, changed: Partial<FuzzRequest> = {}): FuzzRequest {
  const headers: Record<string, string> = signature === null ? {} : { "upstash-signature": signature };
  return { method: "POST", path, headers, body: message, chunked: false, ...changed };
}

/** Signatures that are missing, no signature, another's, or of something else. */
function signatures(path: string, routes: readonly string[]): fc.Arbitrary<string | null> {
  const right = tokenOf(path, message);
  const sealed = seal(right);
  const [header = "", claims = "", code = ""] = sealed.split(".");
  return fc.oneof(
    fc.constant(null),
    printable,
    fc.tuple(printable, printable, printable).map((parts) => parts.join(".")),
    fc.constantFrom(...ABSURD_CHARACTERS).map((length) => `${sealed}${"A".repeat(length)}`),
    fc.constantFrom(...ABSURD_CHARACTERS).map((length) => ".".repeat(length)),
    fc.nat(sealed.length - 1).map((length) => sealed.slice(0, length)),
    fc
      .tuple(fc.nat(sealed.length - 1), fc.constantFrom(...LETTERS))
      .map(([at, letter]) => sealed.slice(0, at) + letter + sealed.slice(at + 1))
      .filter((changed) => changed !== sealed),
    fc.constantFrom(
      `${header}.${claims}`,
      `${claims}.${header}.${code}`,
      `${sealed}.${code}`,
      `Bearer ${sealed}`,
      `${sealed}=`,
    ),
    fc
      .string()
      .filter((key) => !KEYS.some((own) => own === key))
      .map((key) => seal({ ...right, key })),
    wrongAlgorithms.map(({ alg, hash, isSealed }) => {
      const forged = seal({ ...right, header: { alg, typ: "JWT" }, hash });
      return isSealed ? forged : forged.slice(0, forged.lastIndexOf(".") + 1);
    }),
    wrongClaims(path, routes, message).map((wrong) => seal({ ...right, claims: wrong } satisfies Token)),
  );
}

/** Anything that a header can carry. */
const printable = fc.string({ unit: "grapheme-ascii", maxLength: 200 }).map((text) => text.trim());

/** The body is not, byte for byte, what was signed; as text, or decoded, it may be. */
const changedBodies: fc.Arbitrary<Partial<FuzzRequest>> = fc
  .tuple(
    fc.oneof(
      fc.uint8Array(),
      fc.uint8Array({ minLength: 1 }).map((more) => Buffer.concat([message, more])),
      fc.nat(message.length - 1).map((length) => message.slice(0, length)),
      fc.constantFrom(
        Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), message]),
        Buffer.concat([message, Buffer.from("\n")]),
        Buffer.from(new TextDecoder().decode(message), "utf16le"),
        gzipSync(message),
      ),
    ),
    fc.boolean(),
  )
  .filter(([body]) => sha256(body) !== sha256(message))
  .map(([body, chunked]) => ({ body: new Uint8Array(body), chunked }));
