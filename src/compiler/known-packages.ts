/** Where a package was seen to do its work. */
export interface KnownPackage {
  /** What to install: the versions that were tried, and that apps written for PostHog expect. */
  install: string;
  node: boolean;
  deno: boolean;
  workers: boolean;
  /** What does not work and why, or what it costs. */
  note?: string;
}

/**
 * The heavy packages that PostHog supplied. The gateway does not: who needs one installs it. Each was compiled into an
 * app and run on all three runtimes against a stand-in of its service: objects and records put (AWS), rows inserted
 * (BigQuery, with a ready access token), a file saved (Storage), a message published over gRPC (Pub/Sub), a login and a
 * statement (Snowflake).
 */
export const KNOWN_PACKAGES: Readonly<Record<string, KnownPackage>> = {
  "@aws-sdk/client-s3": { install: "@aws-sdk/client-s3@3", node: true, deno: true, workers: true },
  "@google-cloud/bigquery": { install: "@google-cloud/bigquery@8", node: true, deno: true, workers: true },
  "@google-cloud/pubsub": {
    install: "@google-cloud/pubsub@5",
    node: true,
    deno: true,
    workers: false,
    note: "Workers forbid the code from text that it makes its messages with",
  },
  "@google-cloud/storage": {
    install: "@google-cloud/storage@7",
    node: true,
    deno: true,
    workers: false,
    note: "uploads never finish on Workers",
  },
  "aws-sdk": {
    install: "aws-sdk@2",
    node: true,
    deno: true,
    workers: true,
    note: "the whole of it is 25 MB; aws-sdk/clients/s3 and its like are 1 MB",
  },
  ethers: { install: "ethers@5", node: true, deno: true, workers: true, note: "tried without a network" },
  faker: { install: "faker@5", node: true, deno: true, workers: true },
  "snowflake-sdk": {
    install: "snowflake-sdk@3",
    node: true,
    deno: true,
    workers: false,
    note: "logging in never finishes on Workers",
  },
};

/** The package that a specifier belongs to: `aws-sdk` for `aws-sdk/clients/s3`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** What is known of the package of a specifier. */
export function knownPackage(specifier: string): KnownPackage | undefined {
  const name = packageName(specifier);
  return Object.hasOwn(KNOWN_PACKAGES, name) ? KNOWN_PACKAGES[name] : undefined;
}

/** `aws-sdk (runs on Node, Deno, Workers)`; the bare specifier when nothing is known of it. */
export function describePackage(specifier: string): string {
  const known = knownPackage(specifier);
  return known ? `${specifier} (runs on ${runtimesOf(known).join(", ")})` : specifier;
}

/** Names of the runtimes on which a package was seen to work. */
export function runtimesOf({ node, deno, workers }: KnownPackage): string[] {
  return [...(node ? ["Node"] : []), ...(deno ? ["Deno"] : []), ...(workers ? ["Workers"] : [])];
}
