import { join } from "node:path";
import { compile, describeFault } from "../compiler/index.ts";
import { bundleProcess, bundleWorker, root } from "./bundle.ts";
import { runCommand, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run build [-- --target worker|node|deno …]

Compiles plugins/ and bundles the gateway into dist/: worker/worker.js (as wrangler would upload it), node.js, deno.js.
Without --target all three are built.
`;

const targets = ["worker", "node", "deno"] as const;

await runCommand(usage, { target: { type: "string", multiple: true } }, async (words, { target }) => {
  const wanted = target ?? targets;
  const unknown = wanted.filter((name) => !targets.some((known) => known === name));
  if (unknown.length > 0) {
    throw new WrongCall(`Unknown target ${unknown.join(", ")}: choose from ${targets.join(", ")}.`);
  }
  if (words.length > 0) throw new WrongCall(`${words.join(" ")}: name targets by --target.`);

  const { warnings } = await compile({
    pluginsDirectory: join(root, "plugins"),
    outDirectory: join(root, "src/generated"),
  });
  for (const warning of warnings) console.warn(`warning: ${describeFault(warning)}`);
  const dist = join(root, "dist");
  const built = await Promise.all(
    targets
      .filter((name) => wanted.includes(name))
      .map((name) => (name === "worker" ? bundleWorker(join(dist, "worker")) : bundleProcess(name, dist))),
  );
  for (const file of built) console.log(`built ${file.slice(root.length)}`);
});
