import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compile } from "../compiler/compile.ts";
import { bundleProcess, bundleWorker, root } from "./bundle.ts";

const usage = `Usage: npm run build [-- --target worker|node|deno …]

Compiles plugins/ and bundles the gateway into dist/: worker/worker.js (as wrangler would upload it), node.js, deno.js.
Without --target all three are built.
`;

const targets = ["worker", "node", "deno"] as const;

const { values } = parseArgs({
  options: { target: { type: "string", multiple: true }, help: { type: "boolean" } },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const wanted = values.target ?? targets;
const unknown = wanted.filter((name) => !targets.some((target) => target === name));
if (unknown.length > 0) {
  console.error(`Unknown target ${unknown.join(", ")}: choose from ${targets.join(", ")}.`);
  process.exit(2);
}

try {
  await compile({ pluginsDirectory: join(root, "plugins"), outDirectory: join(root, "src/generated") });
  const dist = join(root, "dist");
  const built = await Promise.all(
    targets
      .filter((target) => wanted.includes(target))
      .map((target) =>
        target === "worker" ? bundleWorker(join(dist, "worker")) : bundleProcess(target, dist),
      ),
  );
  for (const file of built) console.log(`built ${file.slice(root.length)}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
