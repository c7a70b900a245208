/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import type { ManifestField } from "../../../apps/manifest.ts";
import type { Place } from "../../../apps/place.ts";
import type { DescribedField } from "../../describe-config.ts";
import type { Fault } from "../../faults.ts";
import { SelectField, TextArea, TextField, Hidden } from "../../look/form.tsx";
import { Markdown, MarkdownLine } from "../../look/markdown.tsx";
import type { DescribedApp } from "../../shown-apps.ts";
import { clearName, fieldName, markName, markOf, resetName, shownText } from "./config-form.ts";

/** What a person has just sent, to be shown again: values by the name of the control, and what was wrong. */
export interface Entered {
  values: Readonly<Record<string, string>>;
  faults: readonly Fault[];
}

/** The fields of `plugin.json`, in its order, with its texts between them; files have a form of their own. */
export function ConfigFields({ place, app, entered }: { place: Place; app: DescribedApp; entered: Entered }) {
  const { config: fields } = place.bundled.manifest;
  const named = new Set(fields.map(({ key }) => key));
  const others = app.config.filter(({ key }) => !named.has(key));
  return (
    <div class="columns">
      {fields.map((field) => {
        const described = app.config.find(({ key }) => key === field.key);
        const { key, type } = field;
        if (key !== undefined && type === "attachment") return null;
        return (
          <div class={described ? undefined : "whole"} data-visible-if={visibleIf(field)}>
            {field.markdown ? <Markdown text={field.markdown} /> : null}
            {described ? <ConfigField field={field} described={described} entered={entered} /> : null}
          </div>
        );
      })}
      {others.length > 0 ? (
        <p class="whole hint">
          Also configured in apps.json, beyond what the manifest names:{" "}
          {others.map(({ key }, index) => (
            <>
              {index > 0 ? ", " : null}
              <code>{key}</code>
            </>
          ))}
        </p>
      ) : null}
    </div>
  );
}

/** When a field is shown, for scripts. */
export function visibleIf({ visible_if: conditions }: ManifestField): string | undefined {
  return conditions?.length ? JSON.stringify(conditions) : undefined;
}

function ConfigField(props: { field: ManifestField; described: DescribedField; entered: Entered }) {
  const { field, described, entered } = props;
  const { key, from } = described;
  const name = fieldName(key);
  const isSet = described.value !== null && described.value !== "";
  const fault = entered.faults.find((found) => found.field === `config.${key}`)?.why;
  const text = {
    name,
    label: described.name ?? key,
    hint: hintOf(field, described),
    // A secret that is set stays as it is when nothing is entered.
    required: described.required && !(described.secret && isSet) && !field.visible_if?.length,
    ...(fault === undefined ? {} : { fault }),
  };
  const value = entered.values[name] ?? (described.secret ? "" : shownText(described.value));
  return (
    <>
      {controlFor()}
      {described.secret ? null : <Hidden name={markName(key)} value={markOf(described.value)} />}
      {described.secret && isSet ? <Check name={clearName(key)} label={`Clear ${text.label}`} /> : null}
      {from === "admin" && !described.secret ? (
        <Check name={resetName(key)} label={`Back to apps.json: ${text.label}`} />
      ) : null}
    </>
  );

  function controlFor() {
    if (described.secret) {
      const placeholder = isSet ? "set; enter another to replace it" : "not set";
      return (
        <TextField {...text} type="password" value={value} placeholder={placeholder} autocomplete="off" />
      );
    }
    if (field.type === "json" || field.type === "dictionary")
      return <TextArea {...text} value={value} rows={Math.min(MAX_ROWS, value.split("\n").length + 1)} />;
    const choices = field.type === "boolean" ? ["true", "false"] : field.choices;
    if (!choices) {
      const type = field.type === "number" ? "number" : "text";
      return <TextField {...text} type={type} value={value} autocomplete="off" />;
    }
    const options = choices.map((choice) => ({ value: choice, label: choice }));
    const unset = { value: "", label: "not set" };
    const mayBeUnset = !described.required || !choices.includes(value);
    return <SelectField {...text} value={value} options={mayBeUnset ? [unset, ...options] : options} />;
  }
}

const MAX_ROWS = 12;

function Check({ name, label }: { name: string; label: string }) {
  return (
    <label class="check">
      <input type="checkbox" name={name} value="1" /> {label}
    </label>
  );
}

const ORIGINS = {
  default: "default of the app",
  "apps.json": "from apps.json",
  setting: "from the setting",
  admin: "set here",
} as const;

function hintOf(field: ManifestField, { from, setting }: DescribedField): Child {
  return (
    <>
      {field.hint ? (
        <>
          <MarkdownLine text={field.hint} /> ·{" "}
        </>
      ) : null}
      {field.required_if?.length ? `${conditionOf(field.required_if)} · ` : null}
      <span class="origin">
        {from === null ? "not set" : ORIGINS[from]}
        {setting ? (
          <>
            {" "}
            <code>{setting}</code>
          </>
        ) : null}
      </span>
    </>
  );
}

/** When a field is required, for those without scripts too; the gateway checks it. */
function conditionOf(conditions: NonNullable<ManifestField["required_if"]>): string {
  const parts = conditions.map(([key, wanted]) =>
    wanted === undefined || wanted === null ? `${key} is set` : `${key} is ${shownText(wanted)}`,
  );
  return `required if ${parts.join(" and ")}`;
}
