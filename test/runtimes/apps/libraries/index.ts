import { createBuffer } from "@posthog/plugin-contrib";
import type { Meta } from "@posthog/plugin-scaffold";
import { builtIns } from "./built-ins";
import { fetching } from "./fetching";
import { tokens } from "./tokens";

// At the top level: before anything belongs to a request.
const buffer = createBuffer({
  limit: 2,
  timeoutSeconds: 1,
  onFlush: (objects, points) => send(address, { flushed: objects, points }),
});
let address: string;

const send = (url: string, content: unknown) =>
  fetch(`${url}/report`, { method: "post", body: JSON.stringify(content) });

export async function setupPlugin({ config }: Meta) {
  address = config["url"];
}

/** Tries every library, and reports what each of its members came to. */
export async function runEveryDay() {
  for (const [library, members] of Object.entries({ ...builtIns, ...fetching, ...tokens })) {
    const report: Record<string, unknown> = {};
    for (const [member, use] of Object.entries(members)) {
      try {
        report[member] = await use(address);
      } catch (error) {
        const { name, message } = error as Error;
        report[member] = `${name}: ${message}`;
      }
    }
    await send(address, { library, report });
  }
}

export async function runEveryHour() {
  for (const n of [1, 2, 3]) buffer.add({ n });
}
