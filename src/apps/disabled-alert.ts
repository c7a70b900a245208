import type { SendAlert } from "../alerts.ts";
import type { AlertDisabled } from "./state/due.ts";

/** Tells people that set-up has disabled an app: once for each version and reason. */
export function createDisabledAlert(send: SendAlert | null): AlertDisabled | null {
  if (!send) return null;
  return async ({ project, plugin, definition, state }) => {
    if (state?.status !== "disabled") return;
    const { name, version, revision = 0 } = definition;
    await send({
      project,
      plugin,
      about: JSON.stringify([version, revision, state.why]),
      subject: `Edgehog has disabled the app ${name}`,
      text: `The app ${name} (plugins/${plugin}) of project ${project} could not be set up and has been disabled: ${state.why}. Events go on without it. Mend the cause, then enable it again: PATCH /admin/api/apps/${plugin} with {"enabled": true}; a changed configuration or a new version starts it afresh too.`,
    });
  };
}
