import { expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";

test.each([
  ["the connection's address without proxies", "9.9.9.9", null, [], "9.9.9.9"],
  ["IPv4 addresses as such on a dual-stack socket", "::ffff:9.9.9.9", null, [], "9.9.9.9"],
  ["no forwarded address from a stranger", "9.9.9.9", "1.1.1.1", [], "9.9.9.9"],
  ["no forwarded address from a proxy that is not trusted", "9.9.9.9", "1.1.1.1", ["10.0.0.1"], "9.9.9.9"],
  ["the forwarded address from a trusted proxy", "10.0.0.1", "1.1.1.1", ["10.0.0.1"], "1.1.1.1"],
  [
    "what the trusted proxy saw, not what the client claims",
    "10.0.0.1",
    "6.6.6.6, 1.1.1.1",
    ["10.0.0.1"],
    "1.1.1.1",
  ],
  [
    "the client behind two trusted proxies",
    "10.0.0.1",
    "1.1.1.1, 10.0.0.2",
    ["10.0.0.1", "10.0.0.2"],
    "1.1.1.1",
  ],
  ["the proxy itself when it names nobody", "10.0.0.1", "", ["10.0.0.1"], "10.0.0.1"],
])("the client's address is %s", (_case, connection, forwardedFor, trusted, expected) => {
  expect(clientAddress(connection, forwardedFor, trusted)).toBe(expected);
});

test("the client's address is unknown when the platform does not know the connection", () => {
  expect(clientAddress(null, "1.1.1.1", ["10.0.0.1"])).toBeNull();
});
