import { createApp } from "./kit/create-app.ts";
import { root } from "./bundle.ts";
import { runCommand, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run new <name> [-- --export]

Makes an app in plugins/<name>: plugin.json, index.ts, its test and README.md, and lists it in plugins/apps.json.
Without an option it looks at each event as it passes; with --export it sends events elsewhere, in batches.
`;

await runCommand(usage, { export: { type: "boolean" } }, async ([name, ...rest], values) => {
  if (!name || rest.length > 0) throw new WrongCall("Say what the app is to be called.");
  const files = await createApp(root, name, values.export ? "export" : "process");
  console.log(`Made ${files.join(", ")}, and listed it in plugins/apps.json${
    values.export ? ", disabled until its url is set" : ""
  }.

Next:
  npm run test:apps -- ${name}
      runs its test
  npm run dev
      runs it, and compiles it again at every change
  npm run remove ${name}
      takes it away again
`);
});
