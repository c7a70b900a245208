import { createPool } from "generic-pool";
import pg, { Client, Pool, types } from "pg";
import address from "./address.json";

const INT8 = 20;
types.setTypeParser(INT8, (text) => `int8 ${text}`);

const modulePool = new Pool({ connectionString: address.url, application_name: "module" });
let made = 0;

export async function setupPlugin({ config, global }) {
  const options = { connectionString: config.url, application_name: "warehouse" };
  global.options = options;
  global.faults = [];
  global.pool = new Pool(options);
  global.pool.on("error", (error) => global.faults.push(error.message));
  global.client = new Client(options);
  await global.client.connect();
  global.lent = await global.pool.connect();
  global.clients = createPool(
    {
      create: async () => {
        const client = new Client({ ...options, application_name: "generic" });
        await client.connect();
        return client;
      },
      destroy: (client) => client.end(),
      validate: async (client) => (await client.query("SELECT 1")).rowCount === 1,
    },
    { max: 2, testOnBorrow: true },
  );
  global.objects = createPool(
    { create: async () => ({ id: (made += 1) }), destroy: async () => {} },
    { max: 1, min: 1 },
  );
  return global.pool.query("SELECT 1");
}

const actions = {
  pool: async ({ global }) => (await global.pool.query("SELECT 1 + 1 AS sum")).rows,
  parts: async ({ global }) => {
    const {
      username: user,
      password,
      hostname: host,
      port,
      pathname,
    } = new URL(global.options.connectionString);
    const pool = new Pool({ user, password, host, port: Number(port), database: pathname.slice(1) });
    return (await pool.query("SELECT 6 AS six")).rows;
  },
  module: async () => (await modulePool.query("SELECT 2 AS two")).rows,
  client: async ({ global }) => (await global.client.query("SELECT $1::text AS text", ["kept"])).rows,
  lent: async ({ global }) => (await global.lent.query("SELECT 3 AS three")).rows,
  callback: ({ global }) =>
    new Promise((resolve, reject) =>
      global.pool.query("SELECT $1::int AS n", [7], (error, result) =>
        error ? reject(error) : resolve(result.rows),
      ),
    ),
  clientCallback: ({ global }) =>
    new Promise((resolve, reject) => {
      const client = new Client(global.options);
      client.connect((error) => {
        if (error) return reject(error);
        client.query("SELECT 8 AS n", (failure, result) =>
          client.end(() => (failure ? reject(failure) : resolve(result.rows))),
        );
      });
    }),
  kinds: async ({ global }) =>
    (
      await global.pool.query(
        "SELECT 5::bigint AS big, 1.5::float8 AS float, true AS bool, '{1,2}'::int[] AS list, now() AS at, NULL AS none",
      )
    ).rows.map((row) => Object.assign(row, { at: row.at instanceof Date })),
  escape: async ({ global }) => [pg.escapeLiteral("it's"), global.client.escapeIdentifier('a"b')],
  transaction: async ({ global, person }) => {
    const client = await global.pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("INSERT INTO sales VALUES ($1, 1)", [person]);
      await client.query("ROLLBACK");
      await client.query("BEGIN");
      await client.query("INSERT INTO sales VALUES ($1, 2)", [person]);
      await client.query("COMMIT");
    } finally {
      client.release();
    }
    return (await global.pool.query("SELECT amount FROM sales WHERE person = $1", [person])).rows;
  },
  unawaited: async ({ global, person }) => {
    const save = async () => {
      const client = await global.pool.connect();
      await client.query("BEGIN");
      await client.query("INSERT INTO sales SELECT $1, 1 FROM pg_sleep(0.3)", [person]);
      await client.query("INSERT INTO sales VALUES ($1, 2)", [person]);
      await client.query("COMMIT");
      client.release();
    };
    void save();
    return "started";
  },
  refused: async ({ global }) => {
    const error = await global.pool.query("SELECT nothing FROM nowhere").catch((thrown) => thrown);
    return [error.code, error.message, (await global.pool.query("SELECT 4 AS still")).rows];
  },
  wrongPassword: async ({ global }) => {
    const pool = new Pool({
      ...global.options,
      connectionString: global.options.connectionString.replace(/:[^:@]*@/, ":wrong@"),
    });
    return pool.query("SELECT 1").catch((error) => [error.code, error.message]);
  },
  nowhere: async () => new Pool({ host: "127.0.0.1", port: 1 }).query("SELECT 1").catch(() => "no server"),
  silent: async ({ silentPort }) =>
    new Pool({ host: "127.0.0.1", port: silentPort, connectionTimeoutMillis: 300 })
      .query("SELECT 1")
      .catch((error) => error.message),
  exhausted: async ({ global }) => {
    const pool = new Pool({ ...global.options, max: 1, connectionTimeoutMillis: 300 });
    const held = await pool.connect();
    const refusal = await pool.connect().catch((error) => error.message);
    held.release();
    return [refusal, (await pool.query("SELECT 1 AS again")).rows, pool.totalCount];
  },
  max: async ({ global }) => {
    const pool = new Pool({ ...global.options, max: 2 });
    const rows = await Promise.all(
      Array.from({ length: 6 }, () => pool.query("SELECT pg_backend_pid() AS pid")),
    );
    return new Set(rows.map((result) => result.rows[0].pid)).size;
  },
  limit: async ({ global }) => {
    const pool = new Pool({ ...global.options, max: 20 });
    const query = () => pool.query("SELECT pg_backend_pid() AS pid FROM pg_sleep(0.05)");
    const rows = await Promise.all(Array.from({ length: 12 }, query));
    return new Set(rows.map((result) => result.rows[0].pid)).size;
  },
  leak: async ({ global }) => (await (await global.pool.connect()).query("SELECT 'leaked' AS it")).rows,
  released: async ({ global }) => {
    const client = await global.pool.connect();
    client.release();
    const twice = (() => {
      try {
        client.release();
      } catch (error) {
        return error.message;
      }
    })();
    return [twice, await client.query("SELECT 1").catch((error) => error.message)];
  },
  ended: async ({ global }) => {
    const pool = new Pool(global.options);
    await pool.query("SELECT 1");
    await pool.end();
    return pool.query("SELECT 1").catch((error) => error.message);
  },
  notices: async ({ global }) => {
    const client = await global.pool.connect();
    const seen = [];
    client.on("notice", (notice) => seen.push(notice.message));
    await client.query("DO $$ BEGIN RAISE NOTICE 'look'; END $$");
    client.release();
    return seen;
  },
  tls: async ({ global }) => {
    const client = new Client({ ...global.options, ssl: { rejectUnauthorized: false } });
    await client.connect();
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    return rows;
  },
  generic: ({ global }) =>
    global.clients.use(async (client) => (await client.query("SELECT 9 AS nine")).rows),
  genericLimit: async () => {
    const pool = createPool(
      { create: async () => ({}), destroy: async () => {} },
      { max: 1, acquireTimeoutMillis: 200 },
    );
    const first = await pool.acquire();
    const refusal = await pool.acquire().catch((error) => error.message);
    await pool.release(first);
    const again = (await pool.acquire()) === first;
    await pool.destroy(first);
    await pool.drain();
    await pool.clear();
    return [refusal, again, pool.max, pool.borrowed, await pool.acquire().catch((error) => error.message)];
  },
  objects: ({ global }) => global.objects.use(async ({ id }) => typeof id),
  genericLeak: async ({ global }) =>
    (await (await global.clients.acquire()).query("SELECT 'leaked' AS it")).rows,
};

export async function processEvent(event, { global }) {
  const action = actions[event.event];
  if (!action) return event;
  try {
    event.properties.result = await action({
      global,
      person: event.distinct_id,
      silentPort: event.properties.silentPort,
    });
  } catch (error) {
    event.properties.fault = `${error.code} ${error.message}`;
  }
  event.properties.faults = global.faults;
  return event;
}

export async function onEvent(event, { global }) {
  if (event.event !== "sold") return;
  const client = await global.pool.connect();
  await client.query("INSERT INTO sales VALUES ($1, $2)", [event.distinct_id, 99]);
  client.release();
}

export async function teardownPlugin({ global }) {
  await global.pool.end();
  await modulePool.end();
}
