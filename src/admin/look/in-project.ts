/** A path with the project that it is about. */
export function inProject(path: string, project: string): string {
  return `${path}?project=${encodeURIComponent(project)}`;
}
