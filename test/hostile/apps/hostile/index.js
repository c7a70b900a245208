import { misdeeds } from "./misdeeds.js";

/** The event's property `misdeed` names what is done, and `where` in which hook. */
const act = (hook) => (event, meta) => {
  const { misdeed, where } = event.properties ?? {};
  return where === hook && misdeeds[misdeed] ? misdeeds[misdeed](event, meta) : event;
};

export const processEvent = act("processEvent");
export const onEvent = act("onEvent");

export function exportEvents(events, meta) {
  return Promise.all(events.map((event) => act("exportEvents")(event, meta)));
}

export const jobs = { storm() {} };
