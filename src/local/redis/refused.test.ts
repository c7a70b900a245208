import { expect, test } from "vitest";
import { refusalOf } from "./refused.ts";

test.each([
  [["blpop", "l", "0"], "poll"],
  [["XREAD", "COUNT", "1", "block", "0", "STREAMS", "s", "$"], "poll"],
  [["XREADGROUP", "GROUP", "g", "c", "NOACK", "BLOCK", "1", "STREAMS", "s", ">"], "poll"],
  [["MONITOR"], "PUBLISH"],
  [["Multi"], "/multi-exec"],
  [["SELECT", "1"], "no connection"],
  [["CLIENT", "REPLY", "OFF"], "no connection"],
  [["SHUTDOWN", "NOSAVE"], "redis-cli"],
])("%j is refused and the caller is told what to do", (command, hint) => {
  expect(refusalOf(command)).toMatch(new RegExp(`^ERR .*'${command[0]?.toUpperCase()}'.*${hint}`));
});

test.each([
  [["XREADGROUP", "GROUP", "block", "BLOCK", "STREAMS", "s", ">"]],
  [["XREAD", "STREAMS", "block", "0"]],
  [["LPOP", "l"]],
  [["SET", "BLOCK", "BLPOP"]],
  [["PUBLISH", "c", "m"]],
  [[]],
])("%j is offered", (command) => {
  expect(refusalOf(command)).toBeNull();
});
