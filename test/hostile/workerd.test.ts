import { misdeedsOf } from "./apps.ts";
import { startProcess } from "./process.ts";
import { testHostile } from "./suite.ts";

testHostile("workerd", (hookUrl) => startProcess("workerd", hookUrl), await misdeedsOf("misdeeds"));
