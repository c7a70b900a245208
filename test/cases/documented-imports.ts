/** What the reference's table of imports lists and the gateway supplies: specifier, one member, its type. */
export const SUPPLIED: readonly (readonly [string, string, string])[] = [
  ["crypto", "createHash", "function"],
  ["url", "parse", "function"],
  ["zlib", "gzipSync", "function"],
  ["generic-pool", "createPool", "function"],
  ["pg", "Pool", "function"],
  ["node-fetch", "default", "function"],
  ["@posthog/plugin-scaffold", "RetryError", "function"],
  ["@posthog/plugin-contrib", "createBuffer", "function"],
];

/** Beyond the table, but given to apps by PostHog, or used by them. */
export const INSTALLED: readonly (readonly [string, string, string])[] = [
  ["jsonwebtoken", "sign", "function"],
  ["stream", "Readable", "function"],
  ["buffer", "Buffer", "function"],
];

/** Those that a project installs if an app needs them: specifier, what the build tells to install. */
export const HEAVY: readonly (readonly [string, string])[] = [
  ["snowflake-sdk", "snowflake-sdk@3"],
  ["aws-sdk", "aws-sdk@2"],
  ["@google-cloud/bigquery", "@google-cloud/bigquery@8"],
  ["@google-cloud/storage", "@google-cloud/storage@7"],
  ["@google-cloud/pubsub", "@google-cloud/pubsub@5"],
];
