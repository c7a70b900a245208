import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { mutations } from "./mutations.ts";

const root = new URL("../..", import.meta.url);

test.each(Object.entries(mutations))(
  "the gateway can still be broken so that %s",
  async (_name, mutation) => {
    const { file, from } = mutation;
    expect(await readFile(new URL(file, root), "utf8")).toContain(from);
  },
);
