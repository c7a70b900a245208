import { expect, test } from "vitest";
import { within } from "./frame.ts";

test.each(["/admin", "/admin?project=phc_a", "/admin/projects?project=phc_a#sdks"])(
  "%s is a path to go on to",
  (path) => expect(within("/admin", path)).toBe(path),
);

test.each([
  "https://evil.example/admin",
  "//evil.example",
  "/adminevil",
  "/admin//evil.example",
  "/admin/\\evil.example",
  "/admin/\tx",
  "javascript:alert(1)",
  "/ingest/admin",
  "",
  undefined,
  7,
])("%s leads to the first page instead", (path) => expect(within("/admin", path)).toBe("/admin"));
