import { describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const complete = {
  PROJECT_TOKENS: "phc_a, phc_b",
  PUBLIC_URL: "https://edge.example.com/",
  UPSTASH_REDIS_REST_URL: "https://redis.example.com",
  UPSTASH_REDIS_REST_TOKEN: "r",
  QSTASH_TOKEN: "q",
  QSTASH_CURRENT_SIGNING_KEY: "sig_1",
  QSTASH_NEXT_SIGNING_KEY: "sig_2",
};

function faultsOf(environment: Record<string, unknown>): readonly string[] {
  const parsed = readSettings(environment);
  return "faults" in parsed ? parsed.faults : [];
}

describe("settings", () => {
  test("fill in the defaults, and lose trailing slashes", () => {
    const parsed = readSettings(complete);
    expect(parsed).toMatchObject({
      settings: {
        projects: ["phc_a", "phc_b"],
        publicUrl: "https://edge.example.com",
        posthogHost: null,
        qstash: { url: "https://qstash.upstash.io" },
        chainBudgetMs: 6000,
        taskTimeoutMs: 30_000,
        subrequestBudget: 40,
        maxMessageBytes: 1_000_000,
        spoolMaxBytes: 100_000_000,
      },
    });
  });

  test("name every missing setting on a line of its own", () => {
    const faults = faultsOf({});
    expect(faults).toHaveLength(7);
    for (const name of Object.keys(complete)) {
      expect(faults.filter((fault) => fault.startsWith(`${name} is missing: `))).toHaveLength(1);
    }
  });

  test.each([
    ["PUBLIC_URL", "edge.example.com", /http\(s\) address/],
    ["PUBLIC_URL", "ftp://edge.example.com", /http\(s\) address/],
    ["PROJECT_TOKENS", "phx_secret", /personal API key/],
    ["CHAIN_BUDGET_SECONDS", "soon", /not a number/],
    ["CHAIN_BUDGET_SECONDS", "20", /above 6.5/],
    ["TRUST_PLUGIN_MARKERS", "yes", /neither 0 nor 1/],
    ["PATH_PREFIX", "ingest", /not a path/],
    ["POSTHOG_HOST", "us.i.posthog.com", /http\(s\) address/],
    ["POSTHOG_HOST", "https://edge.example.com/", /own address/],
    ["ALLOWED_ORIGINS", "https://a.example, /b", /no origin/],
    ["RATE_LIMIT_PER_MINUTE", "0", /below 1/],
  ])("refuse %s=%s with one line that says what is wrong", (name, value, message) => {
    const faults = faultsOf({ ...complete, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
    expect(faults[0]).toContain(name);
  });

  test("take an empty value for an absent one", () => {
    expect(faultsOf({ ...complete, POSTHOG_HOST: "", ADMIN_TOKEN: "" })).toEqual([]);
    expect(faultsOf({ ...complete, QSTASH_TOKEN: "" })).toHaveLength(1);
  });

  test("are not disturbed by other variables of the environment", () => {
    expect(faultsOf({ ...complete, PATH: "/bin", ASSETS: {} })).toEqual([]);
  });
});
