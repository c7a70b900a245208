/** What admin routes need of the platform for each request. */
export interface AdminBindings {
  Bindings: { waitUntil: (promise: Promise<unknown>) => void };
}
