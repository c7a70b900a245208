/** Larger databases do not fit into the memory of a Worker (128 MB) beside the gateway. */
const MAX_DATABASE_BYTES = 80_000_000;

interface KvNamespace {
  get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
}

interface R2Bucket {
  get(key: string): Promise<{ size: number; arrayBuffer(): Promise<ArrayBuffer> } | null>;
}

/** Static assets, or a Worker that serves the file. */
interface Fetcher {
  fetch(url: string): Promise<Response>;
}

/**
 * How to read an object of a Worker's binding, whichever kind it is; null when there is no such binding. Told by the class:
 * a Fetcher seems to have every method. One request a read. Reading rejects when the object is missing or too large.
 */
export function bindingReader(binding: unknown, key: string): (() => Promise<ArrayBuffer>) | null {
  if (typeof binding !== "object" || binding === null) return null;
  switch (binding.constructor.name) {
    case "R2Bucket":
      return async () => {
        const object = await (binding as R2Bucket).get(key);
        requireSize(key, object?.size);
        return requireObject(key, await object?.arrayBuffer());
      };
    case "KvNamespace":
      return async () => requireObject(key, await (binding as KvNamespace).get(key, "arrayBuffer"));
    default:
      return async () => {
        const response = await (binding as Fetcher).fetch(`https://assets.local/${key}`);
        if (!response.ok) throw new Error(`the binding answered ${response.status} for ${key}`);
        requireSize(key, Number(response.headers.get("Content-Length") ?? 0));
        return response.arrayBuffer();
      };
  }
}

function requireObject(key: string, bytes: ArrayBuffer | null | undefined): ArrayBuffer {
  if (!bytes) throw new Error(`the binding has no ${key}: upload the database under this name`);
  return bytes;
}

function requireSize(key: string, bytes = 0): void {
  if (bytes > MAX_DATABASE_BYTES) {
    throw new Error(
      `${key} has ${bytes} bytes, and a Worker's memory holds ${MAX_DATABASE_BYTES} at the most`,
    );
  }
}
