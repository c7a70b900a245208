import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { AWKWARD, AWKWARD_RECEIVED, CLOCK_SKEW_MS, TOKEN, type Told } from "../told.ts";
import type { ChildOptions } from "./child.ts";
import { shiftDate } from "./clock.ts";

interface Sdk {
  ready(): Promise<void>;
  getDistinctId(): string;
  capture(event: string, properties?: Record<string, unknown>): void;
  screen(name: string): Promise<void>;
  identify(distinctId: string, set: Record<string, unknown>): void;
  group(type: string, key: string, set: Record<string, unknown>): void;
  shutdown(): Promise<void>;
}

const DORA = "dora@example.com";

/**
 * The phone: as much of React Native as posthog-react-native touches to send events. The package's own code is what makes
 * and sends them.
 */
const HOST_PACKAGES = {
  "react-native": `
    exports.Platform = { OS: "ios", Version: "18.0", select: (choices) => choices.ios ?? choices.default };
    exports.AppState = { currentState: "active", addEventListener: () => ({ remove() {} }) };
    exports.Dimensions = { get: () => ({ width: 390, height: 844, scale: 3 }) };
    exports.Linking = { getInitialURL: async () => null };
    exports.StyleSheet = { create: (styles) => styles };
    exports.NativeModules = {};`,
  react: `
    exports.createContext = () => ({});
    exports.forwardRef = exports.memo = (component) => component;
    exports.Component = class {};`,
  "react/jsx-runtime": "exports.jsx = exports.jsxs = () => null;",
};

/** posthog-react-native under Node, on a phone that is not there. Writes what it told the SDK to stdout. */
async function run({ folder, version, host }: ChildOptions): Promise<void> {
  for (const [name, source] of Object.entries(HOST_PACKAGES)) {
    const file = join(dirname(folder), name.includes("/") ? `${name}.js` : `${name}/index.js`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
  }
  const rightNow = Date.now.bind(Date);
  shiftDate(CLOCK_SKEW_MS);
  const { PostHog } = createRequire(import.meta.url)(folder) as {
    PostHog: new (token: string, options: Record<string, unknown>) => Sdk;
  };
  const client = new PostHog(TOKEN, {
    host,
    persistence: "memory",
    captureAppLifecycleEvents: false,
    flushAt: 2,
    flushInterval: 60_000,
  });
  await client.ready();
  const id = client.getDistinctId();
  const sender = { $lib: "posthog-react-native", $lib_version: version };
  const told: Told[] = [];

  told.push({
    atMs: rightNow(),
    event: "order placed",
    distinct_id: id,
    properties: { ...sender, ...AWKWARD_RECEIVED },
  });
  client.capture("order placed", AWKWARD);

  told.push({
    atMs: rightNow(),
    event: "$screen",
    distinct_id: id,
    properties: { ...sender, $screen_name: "Warenkorb 🛒" },
  });
  await client.screen("Warenkorb 🛒");

  told.push({
    atMs: rightNow(),
    event: "$identify",
    distinct_id: DORA,
    properties: { ...sender, $anon_distinct_id: id },
    $set: { plan: "größer" },
  });
  client.identify(DORA, { plan: "größer" });

  told.push({
    atMs: rightNow(),
    event: "$groupidentify",
    distinct_id: DORA,
    properties: {
      ...sender,
      $group_type: "company",
      $group_key: "acme",
      $group_set: { name: "Acme & Söhne" },
    },
  });
  client.group("company", "acme", { name: "Acme & Söhne" });

  await client.shutdown();
  process.stdout.write(JSON.stringify(told));
}

await run(JSON.parse(process.argv[2] ?? "{}") as ChildOptions);
