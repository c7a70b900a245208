import { readFile, stat } from "node:fs/promises";
import { basename, extname, isAbsolute, join, relative } from "node:path";
import type { BundledAttachment } from "../apps/definition.ts";

/** Decisions 14. */
const MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024;

/** PostHog took the type from the browser that uploaded the file. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".json": "application/json",
  ".pem": "application/x-pem-file",
  ".txt": "text/plain",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
};

/** Reads a file of an app's folder for the bundle; a text is what is wrong with it. */
export async function readAttachment(directory: string, file: string): Promise<BundledAttachment | string> {
  const path = join(directory, file);
  const inside = relative(directory, path);
  if (inside.startsWith("..") || isAbsolute(inside)) return `${file} is outside the app's folder`;
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
  } catch {
    return `there is no file ${file} in the app's folder`;
  }
  if (bytes > MAX_ATTACHMENT_BYTES) {
    return `${file} has ${bytes} bytes; an attachment may have ${MAX_ATTACHMENT_BYTES}`;
  }
  return {
    content_type: CONTENT_TYPES[extname(file).toLowerCase()] ?? "application/octet-stream",
    file_name: basename(file),
    contents: await readFile(path, "base64"),
  };
}
