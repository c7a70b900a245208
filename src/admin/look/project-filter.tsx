/** @jsxImportSource #jsx */
import { FilterForm, SelectField } from "./form.tsx";

/** With `PROJECT_TOKENS=*` a token may be anything, and there may be many. */
const MAX_OPTIONS = 500;

/** Selects the project that a page is about. `all` offers to look at all of them together. */
export function ProjectFilter(props: { projects: readonly string[]; selected: string; all?: string }) {
  const { projects, selected, all } = props;
  const options = projects.slice(0, MAX_OPTIONS).map((project) => ({ value: project, label: project }));
  return (
    <FilterForm label="Project">
      <SelectField
        name="project"
        label="Project"
        value={selected}
        options={all === undefined ? options : [{ value: "", label: all }, ...options]}
      />
    </FilterForm>
  );
}
