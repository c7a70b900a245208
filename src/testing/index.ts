export type { Answer, Answerer, RequestMatcher, SentRequest } from "./outgoing.ts";
export type { TestEvent } from "./process-one.ts";
export { createTestApp, type TestApp, type TestAppOptions } from "./test-app.ts";
