import process from "node:process";
import { afterAll } from "vitest";
import { startTestGateway } from "../gateway.ts";
import { hostileApps, misdeedsOf } from "./apps.ts";
import { HOSTILE_SETTINGS, testHostile } from "./suite.ts";

// Apps leave rejections behind; the entries hear of them and go on, and so does this process.
const ignore = () => {};
process.on("unhandledRejection", ignore);
afterAll(() => void process.off("unhandledRejection", ignore));

const start = async (hookUrl: string) => {
  const edge = await startTestGateway({
    apps: await hostileApps(),
    settings: { ...HOSTILE_SETTINGS, HOOK_URL: hookUrl },
  });
  return { ...edge, log: () => edge.log, settle: () => edge.advance(20_000) };
};

// What never ends keeps the test's own gateway from settling: real processes show it.
const chosen = (await misdeedsOf("misdeeds")).filter((misdeed) => misdeed !== "never settles");
testHostile("Node, in process", start, chosen);
