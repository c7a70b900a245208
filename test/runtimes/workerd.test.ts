import { testRuntime } from "./suite.ts";

testRuntime("workerd");
