import { describe, expect, test } from "vitest";
import { createFakeClock } from "../../testing/clock.ts";
import { createSessions, SESSION_SECONDS } from "./sessions.ts";
import type { AdminToken } from "./tokens.ts";

const anna: AdminToken = { name: "anna", secret: "secret1", access: "full" };
const ops: AdminToken = { name: "ops", secret: "secret2", access: "read" };

describe("a session", () => {
  const clock = createFakeClock();
  const now = () => new Date(clock.now());
  const sessions = createSessions([anna, ops], now);

  test("names its visitor until it expires", () => {
    const session = sessions.open(ops);
    expect(sessions.read(session)).toEqual({ name: "ops", access: "read" });
    clock.set(clock.now() + SESSION_SECONDS * 1000 - 1);
    expect(sessions.read(session)).not.toBeNull();
    clock.set(clock.now() + 1);
    expect(sessions.read(session)).toBeNull();
  });

  test("is of no use once forged: another name, a later end, another signature, none", () => {
    const [name = "", expiry = "", signature = ""] = sessions.open(anna).split(".");
    const later = (Number.parseInt(expiry, 36) + 1).toString(36);
    for (const forged of [
      `ops.${expiry}.${signature}`,
      `${name}.${later}.${signature}`,
      `${name}.${expiry}.${signature.slice(1)}`,
      `${name}.${expiry}.`,
      `${name}.${expiry}`,
      `${name}.${expiry}.${signature}.x`,
      "",
    ]) {
      expect(sessions.read(forged)).toBeNull();
      expect(sessions.proofOf(forged)).toBe("");
    }
  });

  test("ends when its token changes or goes, and lasts when another one does", () => {
    const session = sessions.open(anna);
    const readBy = (tokens: AdminToken[]) => createSessions(tokens, now).read(session);
    expect(readBy([anna])).not.toBeNull();
    expect(readBy([{ ...anna, secret: "another" }, ops])).toBeNull();
    expect(readBy([{ ...anna, access: "read" }])).toBeNull();
    expect(readBy([ops])).toBeNull();
  });

  test("shows neither its secret nor the proof of its forms", () => {
    const session = sessions.open(anna);
    expect(session).not.toContain(anna.secret);
    expect(session).not.toContain(sessions.proofOf(session));
    expect(sessions.proofOf(session)).not.toBe(sessions.proofOf(sessions.open(ops)));
  });
});
