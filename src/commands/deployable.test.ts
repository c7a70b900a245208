import { expect, test } from "vitest";
import { deploymentFaults, requiredSecrets } from "./deployable.ts";

const vars = {
  PROJECT_TOKENS: "phc_a",
  PUBLIC_URL: "https://edge.example.com",
  UPSTASH_REDIS_REST_URL: "https://redis.example.com",
};
const secrets = requiredSecrets;

test("finds nothing wrong with vars and secrets that a Worker starts with", () => {
  expect(deploymentFaults(vars, secrets)).toEqual([]);
});

test.each([
  ["ADMIN_TOKEN"],
  ["SECRETS_KEY"],
  ["ALERT_EMAIL", "RESEND_API_KEY"],
  ["RATE_LIMIT_PER_MINUTE"],
  ["PATH_PREFIX"],
  ["EXACT_DROPS"],
  ["WAREHOUSE_KEY"],
])("says nothing about the form of a secret, which nobody can see: %s", (...more) => {
  expect(deploymentFaults(vars, [...secrets, ...more])).toEqual([]);
});

test("names what is missing, and what in the vars is malformed, a line each", () => {
  const faults = deploymentFaults({ ...vars, SECRETS_KEY: "short", PUBLIC_URL: "" }, [
    ...secrets.slice(1),
    "SECRETS_KEY",
  ]);
  expect(faults).toEqual([
    expect.stringMatching(/^PUBLIC_URL is missing/),
    expect.stringMatching(/^UPSTASH_REDIS_REST_TOKEN is missing/),
    expect.stringMatching(/^SECRETS_KEY is not 32 bytes/),
  ]);
});

test("misses what an alert by mail needs", () => {
  expect(deploymentFaults(vars, [...secrets, "ALERT_EMAIL"])).toEqual([]);
  expect(deploymentFaults({ ...vars, ALERT_EMAIL: "a@example.com" }, secrets)).toEqual([
    expect.stringMatching(/^ALERT_EMAIL needs RESEND_API_KEY/),
  ]);
});
