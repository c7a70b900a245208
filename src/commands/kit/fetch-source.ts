import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { UsageError } from "../run-command.ts";

/** For one call of git, npm or tar, on a slow line. */
const PROGRAM_TIMEOUT_MS = 5 * 60_000;

/** Where an app comes from, as a person writes it. */
export type Source =
  | { kind: "folder"; path: string }
  | { kind: "git"; url: string; ref: string; folder: string }
  | { kind: "npm"; name: string };

/** An app's folder, ready to be copied. */
export interface Fetched {
  directory: string;
  /** What it is called where it comes from. */
  name: string;
}

/**
 * Reads what a person wrote: a folder that exists, a git address (`https://…`, `git@…`, `file:…`, a bare repository,
 * `owner/repo` on GitHub) with `#branch`, `#sub/folder` or `#branch:sub/folder`, or the name of an npm package.
 */
export function readSource(text: string, workingDirectory: string): Source {
  const [address = "", fragment = ""] = splitOnce(text, "#");
  const path = resolve(workingDirectory, address.replace(/^~(?=\/)/, process.env["HOME"] ?? "~"));
  const [ref = "", folder = ""] = splitOnce(fragment, ":");
  const git = (url: string): Source => ({ kind: "git", url, ref: ref || "HEAD", folder });
  if (existsSync(path) && statSync(path).isDirectory()) {
    const isBare = existsSync(join(path, "HEAD")) && existsSync(join(path, "objects"));
    // A branch or a folder of a local repository is asked of git; the folder as it stands, with its changes, is copied.
    return isBare || fragment !== "" ? git(path) : { kind: "folder", path };
  }
  if (/^(?:[a-z][a-z+]*:\/\/|file:|git@|\w+@[\w.-]+:)/i.test(address) || address.endsWith(".git")) {
    return git(address.replace(/^git\+/, ""));
  }
  if (/^[./~]/.test(address)) throw new UsageError(`there is no folder ${path}`);
  if (/^[\w.-]+\/[\w.-]+$/.test(address)) return git(`https://github.com/${address}`);
  if (/^(?:@[\w.-]+\/)?[\w.-]+(?:@[\w.^~-]+)?$/.test(text)) return { kind: "npm", name: text };
  throw new UsageError(
    `"${text}" is no source: give a folder, a git address, owner/repo on GitHub, or the name of an npm package`,
  );
}

/**
 * Brings a source into `workspace`, without running anything of it. Throws `UsageError` with the program's own words, or the
 * signal's reason.
 */
export async function fetchSource(source: Source, workspace: string, signal: AbortSignal): Promise<Fetched> {
  switch (source.kind) {
    case "folder":
      return { directory: source.path, name: basename(source.path) };
    case "git":
      return fetchGit(source, join(workspace, "repository"), signal);
    case "npm":
      return fetchPackage(source.name, join(workspace, "package"), signal);
  }
}

async function fetchGit(
  { url, ref, folder: given }: Extract<Source, { kind: "git" }>,
  target: string,
  signal: AbortSignal,
): Promise<Fetched> {
  await mkdir(target);
  const what = `${url} could not be fetched`;
  const git = (...options: string[]) => run("git", ["-C", target, ...options], { what, signal });
  // Fetched, and not cloned: a branch, a tag and a commit are asked for alike.
  const fetchRef = (name: string) => git("fetch", "--quiet", "--depth", "1", "--", url, name);
  await git("init", "--quiet");
  let folder = given;
  try {
    await fetchRef(ref);
  } catch (error) {
    if (ref === "HEAD" || given !== "" || signal.aborted) throw error;
    await fetchRef("HEAD");
    folder = ref;
  }
  await git("-c", "advice.detachedHead=false", "checkout", "--quiet", "FETCH_HEAD");
  const directory = join(target, folder);
  const inside = relative(target, directory);
  if (inside.startsWith("..") || isAbsolute(inside) || !existsSync(directory)) {
    const missing = given === "" ? `neither a branch nor a folder ${folder}` : `no folder ${folder}`;
    throw new UsageError(`${url} has ${missing}`);
  }
  const name = folder === "" ? url.replace(/\/+$/, "").replace(/\.git$/, "") : folder;
  return { directory, name: basename(name.replaceAll(":", "/")) };
}

async function fetchPackage(name: string, target: string, signal: AbortSignal): Promise<Fetched> {
  await mkdir(target);
  const what = `the npm package ${name} could not be fetched`;
  await run("npm", ["pack", name, "--pack-destination", target, "--ignore-scripts", "--loglevel=error"], {
    what,
    signal,
  });
  const [archive] = await readdir(target);
  if (!archive) throw new UsageError(`${what}: npm packed nothing`);
  await run("tar", ["-xzf", join(target, archive), "-C", target], { what, signal });
  const entries = await readdir(target, { withFileTypes: true });
  const directory = entries.find((entry) => entry.isDirectory());
  if (!directory) throw new UsageError(`${what}: the archive is empty`);
  return {
    directory: join(target, directory.name),
    name: name.replace(/^@[^/]*\//, "").replace(/@.*$/, ""),
  };
}

async function run(
  program: string,
  options: readonly string[],
  { what, signal }: { what: string; signal: AbortSignal },
): Promise<void> {
  try {
    // Asking for a password would wait for ever: a mistyped address looks like a private one.
    const env = { ...process.env, GIT_TERMINAL_PROMPT: "0" };
    await promisify(execFile)(program, options, { env, signal, timeout: PROGRAM_TIMEOUT_MS });
  } catch (error) {
    signal.throwIfAborted();
    const { stderr = "", message, code } = error as Error & { stderr?: string; code?: string };
    if (code === "ENOENT") throw new UsageError(`${what}: ${program} is not installed`);
    throw new UsageError(`${what}:\n${stderr.trim() || message}`);
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
