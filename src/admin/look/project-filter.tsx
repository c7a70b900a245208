/** @jsxImportSource #jsx */
import type { Projects } from "../../projects.ts";
import { FilterForm, SelectField, TextField } from "./form.tsx";

/** With `PROJECT_TOKENS=*` a token may be anything, and there may be many. */
const MAX_OPTIONS = 500;
const KNOWN_TOKENS = "known-tokens";

export interface ProjectFieldProps {
  projects: Pick<Projects, "isOpen">;
  /** What `projects.list()` has answered. */
  listed: readonly string[];
  selected: string;
  /** Offers to look at all of them together. */
  all?: string;
}

/**
 * The field of a filter that says which project is meant: nothing where there is one only; any token where any is served,
 * since those are listed only that have sent something within a day.
 */
export function ProjectField({ projects, listed, selected, all }: ProjectFieldProps) {
  const tokens = listed.slice(0, MAX_OPTIONS);
  if (projects.isOpen) {
    return (
      <>
        <TextField
          name="project"
          label="Project"
          value={selected}
          list={KNOWN_TOKENS}
          {...(all === undefined ? {} : { placeholder: all })}
        />
        <datalist id={KNOWN_TOKENS}>
          {tokens.map((token) => (
            <option value={token} />
          ))}
        </datalist>
      </>
    );
  }
  if (listed.length < 2) return null;
  const options = tokens.map((token) => ({ value: token, label: token }));
  return (
    <SelectField
      name="project"
      label="Project"
      value={selected}
      options={all === undefined ? options : [{ value: "", label: all }, ...options]}
    />
  );
}

/** Selects the project that a page is about; nothing where there is one only. */
export function ProjectFilter(props: ProjectFieldProps) {
  if (!props.projects.isOpen && props.listed.length < 2) return null;
  return (
    <FilterForm label="Project">
      <ProjectField {...props} />
    </FilterForm>
  );
}
