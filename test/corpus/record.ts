import { mkdir, readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { EXPECTED_DIRECTORY, REQUESTS_DIRECTORY } from "./expected.ts";
import { type Installed, install, installPython } from "./install.ts";
import { type Recording, recordingName } from "./recording.ts";
import { recordBrowser } from "./sessions/browser.ts";
import { recordChild } from "./sessions/child.ts";
import { recordLite } from "./sessions/lite.ts";
import { recordPython } from "./sessions/python.ts";
import { type Sink, startSink } from "./sink.ts";
import { expectationOf, type Told } from "./told.ts";

/** A release to be recorded, and the session that it runs. */
interface Release extends Omit<Recording, "requests"> {
  /** As which it announces itself, where that is another release. */
  announced?: string;
  /** What it expects to find installed beside itself. */
  beside?: string[];
  /** From where it comes, if not from npm. */
  install?: typeof install;
  session(sink: Sink, release: Release, installed: Installed): Promise<Told[]>;
}

/** Turning points of the protocol: forms of lz64 and base64, lists, gzip, envelopes. */
const RELEASES: Release[] = [
  { sdk: "posthog-js", version: "1.5.0", announced: "1.0.0", session: inBrowser },
  ...["1.78.6", "1.154.4", "1.200.0", "1.398.7", "1.430.0"].map((version) => ({
    sdk: "posthog-js",
    version,
    session: inBrowser,
  })),
  ...["1.57.4", "1.430.0"].map((version) => ({
    sdk: "posthog-js",
    version,
    mode: "plain",
    session: inBrowser,
  })),
  ...["2.6.0", "3.6.3", "4.18.0", "5.70.0"].map((version) => ({
    sdk: "posthog-node",
    version,
    session: onNode,
  })),
  { sdk: "posthog-node", version: "5.70.0", mode: "v1", session: onNode },
  { sdk: "posthog-js-lite", version: "2.5.0", mode: "form", session: asLite },
  { sdk: "posthog-js-lite", version: "3.6.0", mode: "json", session: asLite },
  {
    sdk: "posthog-react-native",
    version: "4.78.0",
    beside: ["@babel/runtime@7"],
    session: asReactNative,
  },
  { sdk: "posthog-python", version: "7.53.0", install: installPython, session: inPython },
  { sdk: "posthog-python", version: "7.53.0", mode: "v1", install: installPython, session: inPython },
];

async function inBrowser(sink: Sink, { version, announced, mode }: Release, { folder }: Installed) {
  const bundle = await readFile(`${folder}/dist/array.js`);
  return recordBrowser(sink, bundle, announced ?? version, { disable_compression: mode === "plain" });
}

function onNode(sink: Sink, { version, mode }: Release, { folder }: Installed): Promise<Told[]> {
  const environment = { ...process.env, POSTHOG_CAPTURE_MODE: mode };
  const session = new URL("sessions/node.ts", import.meta.url);
  return recordChild(session, { folder, version, host: sink.url }, environment);
}

function asLite(sink: Sink, { version, mode = "form" }: Release, { folder }: Installed): Promise<Told[]> {
  return recordLite(sink, folder, version, mode);
}

function asReactNative(sink: Sink, { version }: Release, { folder }: Installed): Promise<Told[]> {
  const session = new URL("sessions/react-native.ts", import.meta.url);
  return recordChild(session, { folder, version, host: sink.url }, process.env);
}

function inPython(sink: Sink, { version, mode }: Release, { folder }: Installed): Promise<Told[]> {
  return recordPython(folder, { host: sink.url, version, mode });
}

async function record(release: Release): Promise<number> {
  const { session: run, install: bring = install, beside, announced: _, ...what } = release;
  const installed = await bring(release.sdk, release.version, beside);
  const sink = await startSink();
  try {
    const told = await run(sink, release, installed);
    const file = `${recordingName(release)}.json`;
    const recording: Recording = { ...what, requests: sink.requests };
    await writeFile(new URL(file, REQUESTS_DIRECTORY), asJson(recording));
    await writeFile(new URL(file, EXPECTED_DIRECTORY), asJson(expectationOf(told)));
    return sink.requests.length;
  } finally {
    await sink.stop();
    await installed.remove();
  }
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const usage = `Usage: npm run corpus:record [-- --only <text in the name>]

Records what releases of PostHog's SDKs send. Needs npm, a network, Chromium and Python 3. Format afterwards what it wrote:
npm run format
`;

const { only = "", help } = parseArgs({
  options: { only: { type: "string" }, help: { type: "boolean" } },
}).values;
if (help) {
  console.log(usage);
  process.exit(0);
}
await mkdir(REQUESTS_DIRECTORY, { recursive: true });
await mkdir(EXPECTED_DIRECTORY, { recursive: true });
for (const release of RELEASES.filter((each) => recordingName(each).includes(only))) {
  console.log(`${recordingName(release)}: ${await record(release)} requests`);
}
