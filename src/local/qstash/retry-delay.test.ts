import { describe, expect, it } from "vitest";
import { parseRetryDelay } from "./retry-delay.ts";

describe("parseRetryDelay", () => {
  it.each([
    ["1000", 7, 1000],
    ["1000 * (1 + retried)", 2, 3000],
    ["pow(2, retried) * 1000", 3, 8000],
    ["max(1000, pow(2, retried) * 100)", 0, 1000],
    ["max(1000, pow(2, retried) * 100)", 5, 3200],
    ["min(86400000, 1000*pow(2,retried))", 40, 86_400_000],
    ["5000*pow(2,retried)", 4, 80_000],
    ["2 + 3 * 4", 0, 14],
    ["20 - 5 - 3", 0, 12],
    ["100 / 10 / 2", 0, 5],
    ["17 % 5 * 2", 0, 4],
    ["-retried + 10", 4, 6],
    ["- -3", 0, 3],
    ["2 * -3", 0, -6],
    ["exp(retried)", 0, 1],
    ["sqrt(16) + abs(0 - 3)", 0, 7],
    ["floor(1.9) + ceil(1.1) + round(1.5)", 0, 5],
    ["1e3 + .5", 0, 1000.5],
    ["((((retried))))", 9, 9],
  ])("%s with retried=%d is %d", (expression, retried, expected) => {
    expect(parseRetryDelay(expression)(retried)).toBeCloseTo(expected, 9);
  });

  it.each([
    ["", "it ends where a value is expected"],
    ["1 +", "it ends where a value is expected"],
    ["1 2", 'an operator or the end is expected at character 3, not "2"'],
    ["pow(2)", '"," is expected at character 6, not ")"'],
    ["pow(1, 2, 3)", '")" is expected at character 9, not ","'],
    ["(1", 'it ends where ")" is expected'],
    ["retry * 2", 'a number, "retried", "(" or one of pow'],
    ["constructor(1)", 'a number, "retried", "(" or one of pow'],
    ["1; process.exit()", '";" at character 2 means nothing'],
    ["1".repeat(1001), "it is longer than 1000 characters"],
  ])("refuses %j and says where the fault is", (expression, message) => {
    expect(() => parseRetryDelay(expression)).toThrow(message);
  });
});
