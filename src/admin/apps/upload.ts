import type { Context } from "hono";
import { MAX_ATTACHMENT_BYTES } from "../../apps/state/attachments.ts";
import type { AdminBindings } from "../bindings.ts";
import type { UploadedFile } from "./changes.ts";
import { refusalOf } from "../faults.ts";

/** A request with the largest file in it: the rest is what a form has around that. */
export const MAX_UPLOAD_BYTES = MAX_ATTACHMENT_BYTES + 100_000;

const MAX_NAME_CHARACTERS = 200;
const ANY_TYPE = "application/octet-stream";

/**
 * The file of a request: the field `file` of a form, or the body as it is, then named by `?name=`. Throws `Refused` when
 * there is none. It is in memory whole.
 */
export async function readUpload({ req }: Context<AdminBindings>): Promise<UploadedFile> {
  const type = req.header("Content-Type") ?? "";
  if (type.startsWith("multipart/form-data")) {
    const { file } = await req.parseBody();
    if (!(file instanceof File) || file.name === "") {
      throw refusalOf("file", "choose one, or send its content as the body");
    }
    return named(file.name, file.type, new Uint8Array(await file.arrayBuffer()));
  }
  const content = new Uint8Array(await req.arrayBuffer());
  if (content.length === 0) throw refusalOf("body", "is empty; send the content of the file");
  return named(req.query("name") ?? req.param("key") ?? "", type, content);
}

function named(name: string, type: string, content: Uint8Array): UploadedFile {
  return { name: name.slice(0, MAX_NAME_CHARACTERS), type: type || ANY_TYPE, content };
}
