import process from "node:process";
import { type Added, addApp } from "./kit/add-app.ts";
import { describeConfiguration } from "./kit/configuration.ts";
import { root } from "./bundle.ts";
import { runCommand, UsageError, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run add <source> [-- --as <name>] [--replace]

Brings an existing app into plugins/ as its author wrote it, compiles it, and lists it in plugins/apps.json; disabled, if
it needs configuration first. Installs nothing, and changes nothing unless all of it succeeds. A source is

  a folder                     ../my-app
  a git address                https://github.com/PostHog/first-time-event-tracker, file:///srv/apps.git
  owner/repo on GitHub         PostHog/first-time-event-tracker
                               … with #branch, #sub/folder or #branch:sub/folder
  the name of an npm package   @posthog/some-plugin, some-plugin@1.2.0

  --as <name>   the app's folder, if not what it is called where it comes from
  --replace     puts this version in the place of the one that is there; its configuration stays
`;

const options = { as: { type: "string" }, replace: { type: "boolean" } } as const;
await runCommand(usage, options, async ([source, ...rest], { as, replace = false }) => {
  if (!source || rest.length > 0) throw new WrongCall("Say which app to add.");
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => stopping.abort(new UsageError("Stopped; nothing was added.")));
  }
  // npm runs commands in the project's folder, and says here where the person was.
  const workingDirectory = process.env["INIT_CWD"] ?? process.cwd();
  const added = await addApp({
    root,
    source,
    workingDirectory,
    ...(as === undefined ? {} : { as }),
    replace,
    signal: stopping.signal,
  });
  console.log(describe(added));
});

function describe({ plugin, app, files, hooks, warnings, draft, replaced }: Added): string {
  const table = describeConfiguration(plugin, app.manifest);
  const hasLicence = files.some((file) => /^(?:licen[cs]e|copying)/i.test(file));
  const listed =
    draft.missing.length > 0
      ? `It is disabled: fill in ${draft.missing.join(", ")} in plugins/apps.json and take "enabled": false out.`
      : "It is enabled, last in the chain: plugins/apps.json has the order.";
  return [
    `${replaced ? "Replaced" : "Added"} ${app.name}: ${files.length} files in plugins/${plugin}${hasLicence ? "" : ", without a licence: ask its author"}.`,
    `Hooks: ${hooks.join(", ") || "none that the gateway calls"}.`,
    ...(app.packages.length > 0 ? [`Packages: ${app.packages.join(", ")}.`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    replaced ? "Its entry in plugins/apps.json is as it was." : listed,
    ...(table === "" ? [] : ["", table]),
    "",
    "Format, lint and types are its author's: npm run check leaves it alone.",
    `Next:  npm run test:apps -- ${plugin}    its own tests, if it has some`,
    `Undo:  npm run remove ${plugin}`,
  ].join("\n");
}
