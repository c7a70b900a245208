const library = (file: string) => new URL(`../src/apps/libraries/${file}`, import.meta.url).pathname;

/** What apps import from their host, for tests that run an app's files as they are. */
export const libraryAliases = [
  { find: /^@posthog\/plugin-scaffold$/, replacement: library("plugin-scaffold.ts") },
  {
    find: /^@posthog\/plugin-scaffold\/test\/utils(\.js)?$/,
    replacement: library("plugin-scaffold/test-utils.ts"),
  },
  { find: /^@posthog\/plugin-contrib$/, replacement: library("plugin-contrib.ts") },
];
