import { Hono } from "hono";

export interface SigningKeys {
  current: string;
  next: string;
}

/** `/v2/keys`: the keys that sign deliveries, and their rotation. */
export function signingKeyRoutes(keys: {
  read: () => SigningKeys;
  rotate: () => Promise<SigningKeys>;
}): Hono {
  const app = new Hono();
  app.get("/keys", (context) => context.json(keys.read()));
  app.post("/keys/rotate", async (context) => context.json(await keys.rotate()));
  return app;
}
