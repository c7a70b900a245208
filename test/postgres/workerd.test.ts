import { testPostgres } from "./suite.ts";

testPostgres("workerd");
