import { expect, test } from "vitest";
import { bareScope, defineApp, instancesOf } from "../../testing.ts";
import { currentInvocation } from "../../scope.ts";
import createPg from "./index.ts";

const INT8 = 20;

test("an instance's types and defaults are its own", () => {
  const [mine, yours] = [createPg(), createPg()];
  mine.types.setTypeParser(INT8, () => "mine");
  mine.defaults["user"] = "me";
  expect(new mine.Client().getTypeParser(INT8)("7")).toBe("mine");
  expect(new yours.Client().getTypeParser(INT8)("7")).toBe("7");
  expect(new mine.Client().user).toBe("me");
  expect(new yours.Client({ user: "you" }).user).toBe("you");
});

test("a client's types lie over its instance's", () => {
  const pg = createPg();
  pg.defaults["parseInt8"] = true;
  const client = new pg.Client();
  expect(client.getTypeParser(INT8)("7")).toBe(7);
  client.setTypeParser(INT8, "text", () => "client");
  expect(client.getTypeParser(INT8)("7")).toBe("client");
  expect(new pg.Client().getTypeParser(INT8)("7")).toBe(7);
});

test.each<string | object>([
  "postgres://user:secret@db.example:6543/shop",
  { connectionString: "postgres://user:secret@db.example:6543/shop" },
  { user: "user", password: "secret", host: "db.example", port: 6543, database: "shop" },
])("a client says what its configuration means: %j", (config) => {
  const { Client } = createPg();
  const { user, host, port, database } = new Client(config);
  expect({ user, host, port, database }).toEqual({
    user: "user",
    host: "db.example",
    port: 6543,
    database: "shop",
  });
});

test("while an app is being loaded a pool can be made and not be used", () => {
  const { Pool } = createPg();
  const pool = new Pool({ max: 3 });
  expect(pool.options.max).toBe(3);
  expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([0, 0, 0]);
  expect(() => pool.query("SELECT 1")).toThrow("pg cannot be used while the app is being loaded");
});

test("the connections of an app count against the subrequests of its work", async () => {
  const [instance] = instancesOf([defineApp("app", {})]);
  if (!instance) throw new Error("there is no instance");
  const scope = bareScope();
  const { Pool } = createPg();
  const pool = new Pool({ host: "127.0.0.1", port: 1 });
  await currentInvocation.run({ instance, hook: "processEvent", scope }, () =>
    Promise.allSettled([pool.query("SELECT 1"), pool.query("SELECT 1")]),
  );
  expect(scope.subrequests).toBe(2);
});
