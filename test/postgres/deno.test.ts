import { testPostgres } from "./suite.ts";

testPostgres("deno");
