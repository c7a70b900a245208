import { testPostgres } from "./suite.ts";

testPostgres("node");
