import { misdeedsOf } from "./apps.ts";
import { startProcess } from "./process.ts";
import { testHostile } from "./suite.ts";

// What a platform has of its own: its built-ins, and the ways out of an app. The rest is the same as on Node.
testHostile("Deno", (hookUrl) => startProcess("deno", hookUrl), [
  ...(await misdeedsOf("spoiling")),
  ...(await misdeedsOf("escaping")),
]);
