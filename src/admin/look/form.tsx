/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import { timeParameter } from "../parameters.ts";
import type { Frame } from "./frame.ts";

/** Names of the fields that every form of a session carries. */
export const PROOF_FIELD = "proof";
export const BACK_FIELD = "back";

/** A form that changes something. `action` is a path below the admin; it says where it was sent from, to come back to. */
export function PostForm(props: {
  frame: Frame;
  action: string;
  class?: string;
  /** Names the form where nothing visible does. */
  label?: string;
  /** For files. */
  multipart?: boolean;
  children: Child;
}) {
  const { frame, action, label, multipart, children } = props;
  return (
    <form
      method="post"
      action={frame.base + action}
      class={props.class}
      aria-label={label}
      enctype={multipart ? "multipart/form-data" : undefined}
    >
      <Hidden name={PROOF_FIELD} value={frame.proof} />
      <Hidden name={BACK_FIELD} value={frame.here} />
      {children}
    </form>
  );
}

/** What a form sends without showing it. */
export function Hidden({ name, value }: { name: string; value: string }) {
  return <input type="hidden" name={name} value={value} />;
}

/** A form that selects what is shown: its fields become the query. */
export function FilterForm({ label, children }: { label: string; children: Child }) {
  return (
    <form method="get" class="filter" role="search" aria-label={label}>
      {children}
      <button>Show</button>
    </form>
  );
}

/** What a field of any kind has around it: a label, what helps to fill it in, and what was wrong with it. */
export interface FieldText {
  name: string;
  label: string;
  hint?: Child;
  fault?: string;
  required?: boolean;
}

/** A line of text. */
export function TextField(
  props: FieldText & {
    value?: string;
    type?: "text" | "password" | "number" | "search" | "datetime-local";
    /** Id of a `datalist` with suggestions. */
    list?: string;
    autocomplete?: string;
    placeholder?: string;
    autofocus?: boolean;
  },
) {
  const { value, type = "text", list, autocomplete, placeholder, autofocus, ...text } = props;
  return (
    <Field {...text}>
      <input
        {...controlOf(text)}
        type={type}
        list={list}
        step={type === "number" ? "any" : undefined}
        value={value}
        autocomplete={autocomplete}
        placeholder={placeholder}
        autofocus={autofocus}
      />
    </Field>
  );
}

/** A time, to the minute: in the viewer's zone where scripts run, else UTC. `at` is a time that is given already. */
export function TimeField({
  name,
  label,
  at = "",
}: {
  name: string;
  label: string;
  at?: string | undefined;
}) {
  const given = timeParameter.safeParse(at);
  const value = given.success ? new Date(given.data).toISOString().slice(0, 16) : "";
  return <TextField name={name} label={`${label}, UTC`} type="datetime-local" value={value} />;
}

/** Several lines of text: JSON, an event. */
export function TextArea({ value, rows = 8, ...text }: FieldText & { value?: string; rows?: number }) {
  return (
    <Field {...text}>
      <textarea {...controlOf(text)} rows={rows} spellcheck={false}>
        {value}
      </textarea>
    </Field>
  );
}

/** One of several. */
export function SelectField(
  props: FieldText & { value?: string; options: readonly { value: string; label: string }[] },
) {
  const { value, options, ...text } = props;
  return (
    <Field {...text}>
      <select {...controlOf(text)}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Field({ name, label, hint, fault, required, children }: FieldText & { children: Child }) {
  return (
    <div class="field">
      <label for={`field-${name}`}>
        {label}
        {required ? <span class="required"> required</span> : null}
      </label>
      {children}
      {hint ? (
        <p class="hint" id={`hint-${name}`}>
          {hint}
        </p>
      ) : null}
      {fault ? (
        <p class="fault" id={`fault-${name}`}>
          {fault}
        </p>
      ) : null}
    </div>
  );
}

function controlOf({ name, hint, fault, required }: FieldText) {
  const described = [...(fault ? [`fault-${name}`] : []), ...(hint ? [`hint-${name}`] : [])].join(" ");
  return {
    id: `field-${name}`,
    name,
    required,
    ...(described ? { "aria-describedby": described } : {}),
    ...(fault ? { "aria-invalid": "true" as const } : {}),
  };
}
