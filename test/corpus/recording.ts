/** One request as an SDK made it, reduced to what a gateway may look at. Exactly one of `text` and `base64`, or no body. */
export interface RecordedRequest {
  /** ISO time at which its first byte had arrived, on the recorder's clock. */
  receivedAt: string;
  method: string;
  /** Path and query, as they stood on the wire. */
  path: string;
  headers: Record<string, string>;
  text?: string;
  base64?: string;
}

/** All capture requests of one run of an SDK, in the order of their arrival. */
export interface Recording {
  /** The package, and whose release it was; with a mode where an SDK has several. */
  sdk: string;
  version: string;
  mode?: string;
  requests: RecordedRequest[];
}

/** The request again, at another address. */
export function asRequest(recorded: RecordedRequest, origin: string): Request {
  const { method, path, headers, text, base64 } = recorded;
  const body = text ?? (base64 === undefined ? null : Buffer.from(base64, "base64"));
  return new Request(origin + path, { method, headers, body });
}

/** What names a recording: its file, and its tests. */
export function recordingName({ sdk, version, mode }: Omit<Recording, "requests">): string {
  return `${sdk}@${version}${mode === undefined ? "" : `+${mode}`}`;
}
