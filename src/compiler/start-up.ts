import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Fault } from "./faults.ts";
import { originIn } from "./source/missing-async.ts";

/** What the probe says: undefined when the bundle loaded. */
export type ProbeReply = { message: string; stack: string } | undefined;

/** A module body that takes longer than this does not start on Workers either, which allow one second. */
const START_UP_TIMEOUT_MS = 15_000;

/**
 * Loads a finished bundle, or a module with what it imports, where timers, random values, the clock and the network are
 * forbidden: a Worker that uses them at module scope does not start (decisions 5). Returns what it tripped over, with the
 * place in the source as far as source maps lead, relative to `root`; undefined when it starts. Runs in Node.
 */
export async function checkStartUp(file: string, root = dirname(file)): Promise<Fault | undefined> {
  const { code, map } = await bundle(file);
  const directory = await mkdtemp(join(tmpdir(), "start-up-"));
  try {
    const path = join(directory, "bundle.mjs");
    await writeFile(path, code);
    const reply = await probe(pathToFileURL(path).href);
    if (!reply) return undefined;
    return { ...origin(reply.stack, map, file, root), message: reply.message };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function bundle(file: string): Promise<{ code: string; map: string }> {
  const { outputFiles } = await build({
    entryPoints: [file],
    outfile: join(dirname(file), "start-up.mjs"),
    bundle: true,
    write: false,
    sourcemap: "external",
    format: "esm",
    platform: "node",
    target: "esnext",
    logLevel: "silent",
    // The bundle is probed as it is: nothing in it may be dropped as unused.
    treeShaking: false,
    ignoreAnnotations: true,
    loader: { ".mmdb": "empty", ".wasm": "empty", ".bin": "empty", ".html": "text", ".txt": "text" },
    plugins: [
      {
        name: "workers-modules",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: "workers" }));
          // Node has none of them; at start-up they are only ever subclassed or passed on. The proxy is the prototype
          // because esbuild's interop makes a new object with the same one.
          onLoad({ filter: /.*/, namespace: "workers" }, () => ({
            contents: "module.exports = Object.create(new Proxy({}, { get: () => class {} }));",
          }));
        },
      },
    ],
  });
  const text = (suffix: string) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
  return { code: text(".mjs"), map: text(".map") };
}

async function probe(url: string): Promise<ProbeReply> {
  const worker = new Worker(new URL("start-up-probe.ts", import.meta.url), { workerData: url });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<ProbeReply>((done, fail) => {
      worker.once("message", done);
      worker.once("error", fail);
      worker.once("exit", () => done({ message: "The module ended the process", stack: "" }));
      timer = setTimeout(
        () => done({ message: `Does not start within ${START_UP_TIMEOUT_MS / 1000} s`, stack: "" }),
        START_UP_TIMEOUT_MS,
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** The first place of the bundle in a stack, in terms of the source. */
function origin(stack: string, map: string, file: string, root: string): Omit<Fault, "message"> {
  const [, line, column] = stack.match(/bundle\.mjs:(\d+):(\d+)/) ?? [];
  if (!line || !column) return { file: relative(root, file) };
  const place = { line: Number(line), column: Number(column) };
  const sourceMap = new SourceMap(JSON.parse(map));
  const entry = sourceMap.findEntry(place.line - 1, place.column - 1);
  if (!("originalSource" in entry)) return { file: relative(root, file), ...place };
  return {
    file: relative(root, resolve(dirname(file), entry.originalSource)),
    ...originIn(sourceMap, place),
  };
}
